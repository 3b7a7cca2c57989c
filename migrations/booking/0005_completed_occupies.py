"""What is completed still occupies its range: its buffer after is not over with the appointment."""

from alembic import op

revision = "0005_completed_occupies"
down_revision = "0004_system_login"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # What was booked into the buffers of completed appointments stays: where two meet, what is completed occupies
    # nothing any more. One walk over each resource, or old installations would compare every booking with every other.
    op.execute("""
        ALTER TABLE bookings
            DROP CONSTRAINT bookings_occupied_check,
            ADD CONSTRAINT bookings_occupied_check CHECK (
                CASE WHEN isempty(occupied) THEN status = 'completed'
                ELSE NOT lower_inf(occupied) AND NOT upper_inf(occupied)
                    AND lower_inc(occupied) AND NOT upper_inc(occupied) END)
    """)
    op.execute("""
        WITH placed AS (
            SELECT tenant_id, id,
                   max(upper(occupied)) OVER (earlier ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                       > lower(occupied)
                   OR lead(lower(occupied)) OVER earlier < upper(occupied) AS meets
            FROM bookings WHERE status IN ('pending_payment', 'confirmed', 'completed')
            WINDOW earlier AS (PARTITION BY tenant_id, resource_id ORDER BY lower(occupied), id)
        )
        UPDATE bookings b SET occupied = 'empty' FROM placed
        WHERE b.status = 'completed' AND placed.meets AND placed.tenant_id = b.tenant_id AND placed.id = b.id
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
