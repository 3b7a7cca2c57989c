"""Which migration this code needs."""

SCHEMA_REVISION = "0006_roles_and_rotation"
