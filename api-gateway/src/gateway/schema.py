"""Which migration this code needs."""

SCHEMA_REVISION = "0005_system_login"
