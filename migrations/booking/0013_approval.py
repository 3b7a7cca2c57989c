"""Bookings that wait for the business to say whether it takes them."""

from alembic import op

revision = "0013_approval"
down_revision = "0012_allocations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE services ADD COLUMN approval_minutes integer NOT NULL DEFAULT 0 CHECK (approval_minutes >= 0)
    """)
    # One rewrite of the table for both: the new column, and the states that occupy.
    op.execute("""
        ALTER TABLE bookings
            DROP CONSTRAINT bookings_status_check,
            ADD CONSTRAINT bookings_status_check CHECK (status IN
                ('pending_approval', 'pending_payment', 'confirmed', 'in_progress', 'completed', 'no_show',
                 'cancelled', 'declined', 'expired')),
            ADD COLUMN approve_by timestamptz
    """)
    op.execute("DROP TRIGGER allocations_follow ON bookings")
    op.execute("ALTER TABLE bookings DROP COLUMN occupying")
    op.execute("""
        ALTER TABLE bookings ADD COLUMN occupying boolean NOT NULL
            GENERATED ALWAYS AS (status IN
                ('pending_approval', 'pending_payment', 'confirmed', 'in_progress', 'completed', 'no_show')) STORED
    """)
    op.execute("""
        CREATE TRIGGER allocations_follow AFTER UPDATE ON bookings
            FOR EACH ROW WHEN (OLD.occupying IS DISTINCT FROM NEW.occupying)
            EXECUTE FUNCTION allocations_follow_their_owner()
    """)
    op.execute("CREATE INDEX bookings_approval_idx ON bookings (approve_by) WHERE status = 'pending_approval'")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
