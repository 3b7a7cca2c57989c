"""Which migration this code needs."""

SCHEMA_REVISION = "0004_refunds_that_fail"
