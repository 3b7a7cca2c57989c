"""Which migration this code needs."""

SCHEMA_REVISION = "0004_tenant_first"
