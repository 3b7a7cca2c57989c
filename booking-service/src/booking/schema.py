"""Which migration this code needs."""

SCHEMA_REVISION = "0010_catalog_changes"
