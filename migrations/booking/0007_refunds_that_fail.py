"""A deposit is on its way back, has gone, or could not be given back."""

from alembic import op

revision = "0007_refunds_that_fail"
down_revision = "0006_agreed_local_start"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # More words than before: nothing that is stored has to be looked at.
    op.execute("""
        ALTER TABLE bookings
            DROP CONSTRAINT bookings_deposit_status_check,
            ADD CONSTRAINT bookings_deposit_status_check CHECK (deposit_status IN
                ('pending', 'paid', 'refund_pending', 'refunded', 'refund_failed')) NOT VALID
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
