"""Which migration this code needs."""

SCHEMA_REVISION = "0008_partial_refunds"
