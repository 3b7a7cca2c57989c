"""Which migration this code needs."""

SCHEMA_REVISION = "0012_allocations"
