"""billing-service: payments, refunds, Stripe events."""

import billing
from billing import metrics
from billing.payments.queries import PaymentReader
from billing.schema import SCHEMA_REVISION
from billing.settings import BillingSettings
from billing.stripe import reconcile
from billing.stripe.client import StripeClient
from billing.stripe.dispatch import StripeDispatch, StripeEffects
from shared.declarations import declared_in
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load

HANDLERS = Handlers("billing").including(*declared_in(billing, Handlers))
STRIPE_EFFECTS = StripeEffects().including(*declared_in(billing, StripeEffects))
"""The events of Stripe's that move something; all others are stored and ignored."""


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(BillingSettings)
    database = Database(
        settings.billing_database_url,
        settings.billing_system_database_url,
        "billing",
        system_pool_size=10,  # Stripe's events name no tenant
    )
    stripe = StripeClient(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)
    stripe_dispatch = StripeDispatch(STRIPE_EFFECTS, stripe.livemode, stripe.api_version)
    service = ServiceRuntime(
        "billing",
        settings,
        database=database,
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        observe=metrics.count,
        adapters={"stripe": stripe, "dispatch": stripe_dispatch, "payments": PaymentReader(database)},
    )
    reconcile.schedule(service, stripe, stripe_dispatch, settings.reconcile_seconds)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
