"""booking-service: catalog, availability and bookings."""

from booking import metrics
from booking.availability import queries as availability_queries
from booking.bookings import commands, creation, queries, reactions, schedule
from booking.bookings.model import HoldPolicy
from booking.catalog import commands as catalog_commands
from booking.catalog import queries as catalog_queries
from booking.schema import SCHEMA_REVISION
from booking.settings import BookingSettings
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load

HANDLERS = Handlers("booking").including(
    catalog_commands.handlers,
    catalog_queries.handlers,
    availability_queries.handlers,
    creation.handlers,
    commands.handlers,
    reactions.handlers,
    queries.handlers,
)


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(BookingSettings)
    service = ServiceRuntime(
        "booking",
        settings,
        database=Database(settings.booking_database_url.get_secret_value(), "booking"),
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        adapters={"holds": HoldPolicy(settings.hold_minutes)},
        observe=metrics.count,
    )
    schedule.schedule(service)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
