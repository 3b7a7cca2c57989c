"""Which migration this code needs."""

SCHEMA_REVISION = "0002_messages_are_data"
