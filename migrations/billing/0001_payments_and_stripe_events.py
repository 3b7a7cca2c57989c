"""Payments and refunds of deposits, and the Stripe events that move them."""

from alembic import op

from migrations.kernel_tables import create_outbox_and_inbox, protect

revision = "0001_payments_and_stripe_events"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_outbox_and_inbox()
    # Stripe's ids are unique by themselves and found without knowing the tenant: a webhook names none.
    op.execute("""
        CREATE TABLE payments (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            booking_id uuid NOT NULL,
            status text NOT NULL CHECK (status IN ('requested', 'failed', 'canceled', 'succeeded', 'refunded')),
            amount integer NOT NULL CHECK (amount > 0),
            currency char(3) NOT NULL,
            payment_intent_id text,
            client_secret text,
            failure_code text,
            failed_at timestamptz,
            correlation_id uuid,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id),
            CONSTRAINT payments_booking_id_key UNIQUE (tenant_id, booking_id),
            CONSTRAINT payments_payment_intent_id_key UNIQUE (payment_intent_id)
        )
    """)
    op.execute("""
        CREATE TABLE refunds (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            payment_id uuid NOT NULL,
            status text NOT NULL CHECK (status IN ('requested', 'refused', 'pending', 'succeeded', 'failed')),
            reason text NOT NULL CHECK (reason IN ('cancelled', 'late_payment', 'dashboard')),
            amount integer NOT NULL CHECK (amount > 0),
            stripe_refund_id text,
            failure_code text,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id),
            CONSTRAINT refunds_payment_id_key UNIQUE (tenant_id, payment_id),
            CONSTRAINT refunds_stripe_refund_id_key UNIQUE (stripe_refund_id),
            FOREIGN KEY (tenant_id, payment_id) REFERENCES payments (tenant_id, id)
        )
    """)
    # No row-level security here: matching an event with a payment is what finds out the tenant.
    # The payload is json, not jsonb, which would refuse some of what JSON allows in a string.
    op.execute("""
        CREATE TABLE stripe_events (
            account text NOT NULL,
            event_id text NOT NULL,
            type text NOT NULL,
            api_version text,
            payment_intent_id text,
            state text NOT NULL CHECK (state IN ('applied', 'ignored', 'parked', 'quarantined')),
            reason text,
            attempts integer NOT NULL DEFAULT 0,
            next_try_at timestamptz,
            payload json NOT NULL,
            received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT stripe_events_pkey PRIMARY KEY (account, event_id),
            CONSTRAINT stripe_events_next_try_check CHECK ((state = 'parked') = (next_try_at IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX stripe_events_parked_idx ON stripe_events (next_try_at) WHERE state = 'parked'")
    op.execute("""
        CREATE INDEX stripe_events_parked_intent_idx ON stripe_events (payment_intent_id) WHERE state = 'parked'
    """)
    op.execute("CREATE INDEX stripe_events_quarantined_idx ON stripe_events (received_at) WHERE state = 'quarantined'")
    op.execute("CREATE INDEX stripe_events_received_at_idx ON stripe_events USING brin (received_at)")
    # How far the comparison with Stripe's own list of events has come; one row, leased by who compares.
    op.execute("""
        CREATE TABLE reconciliation (
            account text PRIMARY KEY,
            seen_until timestamptz NOT NULL,
            leased_until timestamptz NOT NULL
        )
    """)
    for table in ("payments", "refunds"):
        protect(table)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
