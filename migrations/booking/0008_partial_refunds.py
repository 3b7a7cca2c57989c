"""A deposit may go back in parts: how much of it has, and by which news of its payment."""

from alembic import op

revision = "0008_partial_refunds"
down_revision = "0007_refunds_that_fail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE bookings
            ADD COLUMN deposit_refunded integer NOT NULL DEFAULT 0,
            ADD COLUMN deposit_sequence integer NOT NULL DEFAULT 0,
            DROP CONSTRAINT bookings_deposit_status_check,
            ADD CONSTRAINT bookings_deposit_status_check CHECK (deposit_status IN
                ('pending', 'paid', 'partially_refunded', 'refund_pending', 'refunded', 'refund_failed')) NOT VALID
    """)
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    op.execute("""
        UPDATE bookings SET deposit_refunded = deposit_amount WHERE deposit_status IN ('refund_pending', 'refunded')
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
