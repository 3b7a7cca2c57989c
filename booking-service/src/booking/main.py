"""booking-service: catalog, availability and bookings."""

import booking
from booking import metrics
from booking.availability.search import Searches
from booking.bookings import schedule as bookings_schedule
from booking.calendars import schedule as calendars_schedule
from booking.customers import schedule as customers_schedule
from booking.holds import schedule as holds_schedule
from booking.holds.model import HoldPolicy
from booking.schema import SCHEMA_REVISION
from booking.settings import BookingSettings
from shared.declarations import declared_in
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.runtime.process import run
from shared.runtime.service import ServiceRuntime
from shared.runtime.settings import load
from shared.zones import ZONE_DATA

HANDLERS = Handlers("booking").including(*declared_in(booking, Handlers))


def build() -> ServiceRuntime:
    """Put the service together from its environment."""
    settings = load(BookingSettings)
    service = ServiceRuntime(
        "booking",
        settings,
        database=Database(settings.booking_database_url, settings.booking_system_database_url, "booking"),
        schema_revision=SCHEMA_REVISION,
        handlers=HANDLERS,
        adapters={"holds": HoldPolicy(settings.hold_minutes), "searches": Searches(settings.search_size)},
        observe=metrics.count,
        zone_data=ZONE_DATA,
    )
    bookings_schedule.schedule(service)
    holds_schedule.schedule(service)
    calendars_schedule.schedule(service)
    customers_schedule.schedule(service)
    return service


def main() -> None:
    """Run until told to stop."""
    run(build)
