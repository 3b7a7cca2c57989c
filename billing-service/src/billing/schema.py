"""Which migration this code needs."""

SCHEMA_REVISION = "0005_partial_refunds"
