"""billing-service: payments, refunds, Stripe events."""

from billing import handlers, queries, upkeep, webhooks
from billing.ledger import Ledger
from billing.model import SCHEMA_REVISION
from billing.settings import BillingSettings
from billing.stripe_gateway import StripeGateway
from shared.messaging.reactions import Reactions
from shared.persistence.database import Database
from shared.service.app import Service, run
from shared.service.settings import load


def build() -> Service:
    """Put the service together from its environment."""
    settings = load(BillingSettings)
    database = Database(settings.billing_database_url.get_secret_value(), "billing")
    stripe = StripeGateway(settings.stripe_api_key.get_secret_value(), settings.stripe_api_base)
    service = Service(
        "billing",
        settings,
        database=database,
        schema_revision=SCHEMA_REVISION,
        reactions=Reactions("billing").including(handlers.reactions, webhooks.reactions),
        questions=queries.questions,
        adapters={"stripe": stripe, "ledger": Ledger(database)},
    )
    upkeep.schedule(service, stripe, settings.reconcile_seconds)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
