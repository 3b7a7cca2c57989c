"""Which messages a change of a booking is worth, and how often a failed one is tried."""

import pytest

from notifier.model import messages_about
from notifier.sending import GIVE_UP_SECONDS, retry_delay
from shared.contracts.booking import bookings as contracts
from tests.support.bookings import a_booking, news

OFFSETS = (1440, 120)


@pytest.mark.parametrize(
    ("event_type", "status", "kinds"),
    [
        (contracts.BookingHeld, "pending_payment", ["held"]),
        (contracts.BookingConfirmed, "confirmed", ["confirmed", "reminder", "reminder"]),
        (contracts.BookingRescheduled, "confirmed", ["rescheduled", "reminder", "reminder"]),
        (contracts.BookingRescheduled, "pending_payment", ["rescheduled"]),
        (contracts.BookingCancelled, "cancelled", ["cancelled"]),
        (contracts.BookingExpired, "expired", []),
        (contracts.BookingCompleted, "completed", []),
    ],
)
def test_messages_about_a_change(event_type: type[contracts.BookingEvent], status: str, kinds: list[str]) -> None:
    assert [m.kind for m in messages_about(news(event_type, a_booking(status)), OFFSETS)] == kinds


def test_retries_last_a_day() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, 8)]
    assert delays == [5, 60, 300, 900, 3600, 3600, 3600]
    assert GIVE_UP_SECONDS == 24 * 3600
