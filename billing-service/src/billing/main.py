"""billing-service: payments, refunds, Stripe events."""

from billing import handlers, queries, upkeep, webhooks
from billing.ledger import Ledger
from billing.schema import SCHEMA_REVISION
from billing.settings import BillingSettings
from billing.stripe_gateway import StripeGateway
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.runtime.service import ServiceRuntime, run
from shared.runtime.settings import load

HANDLERS = Handlers("billing").including(handlers.handlers, webhooks.handlers, queries.handlers)


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(BillingSettings)
    database = Database(settings.billing_database_url.get_secret_value(), "billing")
    stripe = StripeGateway(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)
    service = ServiceRuntime(
        "billing",
        settings,
        database=database,
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        adapters={"stripe": stripe, "ledger": Ledger(database)},
    )
    upkeep.schedule(service, stripe, settings.reconcile_seconds)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
