"""What the clock showed for the start is kept with a booking; zones are names in the zone table."""

from alembic import op

revision = "0006_agreed_local_start"
down_revision = "0005_completed_occupies"
branch_labels = None
depends_on = None

NO_NAMES = "'localtime', 'Factory', 'posixrules'"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # Earlier releases took any file of a zone database for a zone, also those that count leap seconds.
    for table in ("resources", "bookings"):
        op.execute(rf"""
            UPDATE {table} SET time_zone = CASE time_zone
                WHEN 'posixrules' THEN 'America/New_York' WHEN 'localtime' THEN 'UTC' WHEN 'Factory' THEN 'UTC'
                ELSE regexp_replace(time_zone, '^(right|posix)/', '') END
            WHERE time_zone IN ({NO_NAMES}) OR time_zone ~ '^(right|posix)/'
        """)  # noqa: S608 - names of our own
    op.execute("ALTER TABLE bookings ADD COLUMN agreed_local_start timestamp without time zone")
    # The server's zone data are the nearest to those that counted until now: the machine's, not the lock's.
    op.execute("""
        UPDATE bookings SET agreed_local_start = starts_at AT TIME ZONE time_zone
        WHERE status IN ('pending_payment', 'confirmed') AND starts_at > now()
          AND time_zone IN (SELECT name FROM pg_timezone_names)
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
