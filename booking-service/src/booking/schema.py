"""Which migration this code needs."""

SCHEMA_REVISION = "0006_agreed_local_start"
