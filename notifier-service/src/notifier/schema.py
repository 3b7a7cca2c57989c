"""Which migration this code needs."""

SCHEMA_REVISION = "0003_system_login"
