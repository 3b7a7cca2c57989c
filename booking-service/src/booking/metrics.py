"""booking-service's own metrics."""

from collections.abc import Sequence

from prometheus_client import Counter

from shared.contracts.base import Event
from shared.contracts.booking.bookings import (
    BookingCancelled,
    BookingChanged,
    BookingCompleted,
    BookingConfirmed,
    BookingDeclined,
    BookingEvent,
    BookingExpired,
    BookingNoShow,
    BookingReassigned,
    BookingRescheduled,
    BookingStarted,
)

BOOKINGS = Counter(
    "bookings_total",
    "Bookings by what happened to them: created, confirmed, rescheduled, reassigned, changed, cancelled, "
    "declined, expired, started, completed, no_show.",
    ["action"],
)
_ACTIONS: dict[type[Event], str] = {
    BookingConfirmed: "confirmed",
    BookingRescheduled: "rescheduled",
    BookingReassigned: "reassigned",
    BookingChanged: "changed",
    BookingDeclined: "declined",
    BookingCancelled: "cancelled",
    BookingExpired: "expired",
    BookingStarted: "started",
    BookingCompleted: "completed",
    BookingNoShow: "no_show",
}


def count(events: Sequence[Event]) -> None:
    """Count what a commit has announced; a booking's first event tells that it was created."""
    for event in events:
        if isinstance(event, BookingEvent) and event.sequence == 1:
            BOOKINGS.labels("created").inc()
        if action := _ACTIONS.get(type(event)):
            BOOKINGS.labels(action).inc()
