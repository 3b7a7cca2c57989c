"""Which migration this code needs."""

SCHEMA_REVISION = "0006_keys_for_jobs"
