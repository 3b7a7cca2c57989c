"""Which migration this code needs."""

SCHEMA_REVISION = "0003_catalog_scopes"
