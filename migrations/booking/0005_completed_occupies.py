"""What is completed still occupies its range: its buffer after is not over with the appointment."""

from alembic import op

revision = "0005_completed_occupies"
down_revision = "0004_system_login"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # Whatever was booked into the buffers of completed appointments stays: these occupy nothing any more.
    op.execute("""
        UPDATE bookings SET occupied = 'empty' WHERE status = 'completed' AND EXISTS (
            SELECT FROM bookings other
            WHERE other.tenant_id = bookings.tenant_id AND other.resource_id = bookings.resource_id
              AND other.id <> bookings.id AND other.occupied && bookings.occupied
              AND other.status IN ('pending_payment', 'confirmed', 'completed'))
    """)
    op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_no_overlap, DROP COLUMN occupying")
    op.execute("""
        ALTER TABLE bookings
            ADD COLUMN occupying boolean NOT NULL
            GENERATED ALWAYS AS (status IN ('pending_payment', 'confirmed', 'completed')) STORED
    """)
    op.execute("""
        ALTER TABLE bookings ADD CONSTRAINT bookings_no_overlap
            EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, occupied WITH &&) WHERE (occupying)
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
