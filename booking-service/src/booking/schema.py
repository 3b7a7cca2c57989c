"""Which migration this code needs."""

SCHEMA_REVISION = "0011_begun_and_missed"
