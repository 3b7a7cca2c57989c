"""Which migration this code needs."""

SCHEMA_REVISION = "0007_refunds_that_fail"
