"""Which migration this code needs."""

SCHEMA_REVISION = "0001_messages_and_heartbeats"
