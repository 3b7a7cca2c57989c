"""Appointments that have begun, and those to which nobody came: both occupy their range until it is over."""

from alembic import op

revision = "0011_begun_and_missed"
down_revision = "0010_catalog_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE bookings
            DROP CONSTRAINT bookings_status_check,
            ADD CONSTRAINT bookings_status_check CHECK (status IN
                ('pending_payment', 'confirmed', 'in_progress', 'completed', 'no_show', 'cancelled', 'expired'))
    """)
    op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_no_overlap, DROP COLUMN occupying")
    op.execute("""
        ALTER TABLE bookings
            ADD COLUMN occupying boolean NOT NULL
            GENERATED ALWAYS AS (
                status IN ('pending_payment', 'confirmed', 'in_progress', 'completed', 'no_show')) STORED
    """)
    op.execute("""
        ALTER TABLE bookings ADD CONSTRAINT bookings_no_overlap
            EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, occupied WITH &&) WHERE (occupying)
    """)
    op.execute("DROP INDEX bookings_end_idx")
    op.execute("CREATE INDEX bookings_end_idx ON bookings (ends_at) WHERE status IN ('confirmed', 'in_progress')")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
