"""Which migration this code needs."""

SCHEMA_REVISION = "0001_payments_and_stripe_events"
