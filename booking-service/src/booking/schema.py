"""Which migration this code needs."""

SCHEMA_REVISION = "0016_locations"
