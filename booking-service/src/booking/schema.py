"""Which migration this code needs."""

SCHEMA_REVISION = "0003_commands_and_tenant_first"
