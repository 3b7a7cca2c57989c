"""Which migration this code needs."""

SCHEMA_REVISION = "0002_tenant_first"
