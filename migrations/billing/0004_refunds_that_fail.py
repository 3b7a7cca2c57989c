"""A payment follows its refund: on its way, gone, or failed."""

from alembic import op

revision = "0004_refunds_that_fail"
down_revision = "0003_system_login"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE payments DROP CONSTRAINT payments_status_check")
    op.execute("""
        ALTER TABLE payments ADD CONSTRAINT payments_status_check CHECK (status IN
            ('requested', 'failed', 'canceled', 'succeeded', 'refund_pending', 'refunded', 'refund_failed')) NOT VALID
    """)
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # What was called refunded as soon as Stripe had been asked.
    op.execute("""
        UPDATE payments
        SET status = CASE WHEN refunds.status = 'pending' THEN 'refund_pending' ELSE 'refund_failed' END
        FROM refunds
        WHERE refunds.tenant_id = payments.tenant_id AND refunds.payment_id = payments.id
          AND refunds.status IN ('pending', 'failed', 'refused') AND payments.status IN ('succeeded', 'refunded')
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
