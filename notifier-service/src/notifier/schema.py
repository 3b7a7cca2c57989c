"""Which migration this code needs."""

SCHEMA_REVISION = "0004_erased_customers"
