"""booking-service: catalogue, resources, availability and bookings."""

from booking import creation, handlers, holds, queries, requests
from booking.model import SCHEMA_REVISION, HoldPolicy
from booking.settings import BookingSettings
from shared.messaging.reactions import Reactions
from shared.persistence.database import Database
from shared.service.app import Service, run
from shared.service.settings import load


def build() -> Service:
    """Put the service together from its environment."""
    settings = load(BookingSettings)
    service = Service(
        "booking",
        settings,
        database=Database(settings.booking_database_url.get_secret_value(), "booking"),
        schema_revision=SCHEMA_REVISION,
        reactions=Reactions("booking").including(creation.reactions, requests.reactions, handlers.reactions),
        questions=queries.questions,
        adapters={"holds": HoldPolicy(settings.hold_minutes)},
    )
    holds.schedule(service)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
