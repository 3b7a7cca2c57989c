"""Each constraint of a tenant's table begins with the tenant; Stripe's events are about more than intents."""

from alembic import op

revision = "0002_tenant_first"
down_revision = "0001_payments_and_stripe_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE payments
            DROP CONSTRAINT payments_payment_intent_id_key,
            ADD CONSTRAINT payments_payment_intent_id_key UNIQUE (tenant_id, payment_intent_id)
    """)
    # Stripe's events name no tenant: a payment is found by its intent alone.
    op.execute("CREATE INDEX payments_payment_intent_id_idx ON payments (payment_intent_id)")
    op.execute("""
        ALTER TABLE refunds
            DROP CONSTRAINT refunds_stripe_refund_id_key,
            ADD CONSTRAINT refunds_stripe_refund_id_key UNIQUE (tenant_id, stripe_refund_id)
    """)
    # Events are stored before anybody knows whose they are: by Stripe's account, and with the id (of an intent, and
    # whatever else can be looked for) by which their thing is found.
    op.execute("ALTER TABLE stripe_events RENAME COLUMN payment_intent_id TO about")
    op.execute("ALTER INDEX stripe_events_parked_intent_idx RENAME TO stripe_events_parked_about_idx")
    op.execute("""
        COMMENT ON TABLE stripe_events IS
        'Belongs to no tenant: stored by Stripe''s account before the tenant is known, and by that alone if it never is'
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
