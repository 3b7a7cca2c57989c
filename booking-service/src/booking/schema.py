"""Which migration this code needs."""

SCHEMA_REVISION = "0009_calendars"
