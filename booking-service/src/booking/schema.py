"""Which migration this code needs."""

SCHEMA_REVISION = "0013_approval"
