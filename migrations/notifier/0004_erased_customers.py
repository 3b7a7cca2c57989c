"""Bookings whose customer was erased, and the way to their messages."""

from alembic import op

revision = "0004_erased_customers"
down_revision = "0003_system_login"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE bookings ADD COLUMN erased boolean NOT NULL DEFAULT false")
    op.execute("CREATE INDEX messages_booking_idx ON messages (tenant_id, booking_id)")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
