"""Which migration this code needs."""

SCHEMA_REVISION = "0007_settings_and_audit"
