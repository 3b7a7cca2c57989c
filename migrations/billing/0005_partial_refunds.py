"""A payment may go back in several parts, and knows how much of it has."""

from alembic import op

revision = "0005_partial_refunds"
down_revision = "0004_refunds_that_fail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE payments
            ADD COLUMN refunded_amount integer NOT NULL DEFAULT 0,
            ADD COLUMN refund_sequence integer NOT NULL DEFAULT 0,
            ADD CONSTRAINT payments_refunded_amount_check CHECK (refunded_amount BETWEEN 0 AND amount) NOT VALID,
            DROP CONSTRAINT payments_status_check,
            ADD CONSTRAINT payments_status_check CHECK (status IN
                ('requested', 'failed', 'canceled', 'succeeded', 'partially_refunded',
                 'refund_pending', 'refunded', 'refund_failed')) NOT VALID
    """)
    op.execute("""
        ALTER TABLE refunds
            DROP CONSTRAINT refunds_payment_id_key,
            DROP CONSTRAINT refunds_status_check,
            ADD CONSTRAINT refunds_status_check CHECK (status IN
                ('requested', 'refused', 'not_needed', 'pending', 'succeeded', 'failed')) NOT VALID
    """)
    op.execute("CREATE INDEX refunds_payment_id_idx ON refunds (tenant_id, payment_id)")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # A refund of ours has an id made from its payment's. Those made by hand had the same, and must not stand in its
    # way any more.
    op.execute("UPDATE refunds SET id = gen_random_uuid() WHERE reason = 'dashboard'")
    op.execute("""
        UPDATE payments SET refunded_amount = least(payments.amount, refunds.amount), refund_sequence = 1
        FROM refunds
        WHERE refunds.tenant_id = payments.tenant_id AND refunds.payment_id = payments.id
          AND refunds.status IN ('pending', 'succeeded')
    """)
    # What was put aside because it told of a part is heard again: late enough that no earlier release is left to do it.
    op.execute("""
        UPDATE stripe_events SET state = 'parked', reason = NULL, attempts = 0,
            next_try_at = clock_timestamp() + interval '10 min'
        WHERE state = 'quarantined' AND reason IN ('partial_refund', 'second_refund')
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
