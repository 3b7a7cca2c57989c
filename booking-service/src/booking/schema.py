"""Which migration this code needs."""

SCHEMA_REVISION = "0015_locations"
