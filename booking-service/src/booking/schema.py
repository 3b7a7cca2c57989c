"""Which migration this code needs."""

SCHEMA_REVISION = "0014_holds"
