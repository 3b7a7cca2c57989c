"""Which messages a change of a booking is worth, and that every kind of message is one of the catalog."""

import pytest

from notifier.messages.catalog import CATALOG, DEFINITIONS, messages_owed
from shared.contracts.booking import bookings as contracts
from shared.contracts.notifier.messages import MessageKind
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
        (contracts.BookingStarted, "in_progress", []),
        (contracts.BookingNoShow, "no_show", []),
    ],
)
def test_messages_about_a_change(event_type: type[contracts.BookingEvent], status: str, kinds: list[str]) -> None:
    booking = a_booking(status)
    assert [m.kind for m in messages_owed(news(event_type, booking), booking, OFFSETS)] == kinds


def test_what_is_told_later_is_asked_for_later() -> None:
    booking = a_booking("confirmed")
    at_once, *reminders = messages_owed(news(contracts.BookingConfirmed, booking), booking, OFFSETS)
    assert at_once.about is not None
    assert at_once.send_at is None
    assert [(m.about, m.offset_minutes) for m in reminders] == [(None, 1440), (None, 120)]
    assert all(m.send_at is not None for m in reminders)


def test_the_customer_is_written_to_about_the_booking() -> None:
    booking = a_booking("confirmed")
    message = messages_owed(news(contracts.BookingConfirmed, booking), booking, ())[0]
    assert message.recipient == booking.customer.email
    assert (message.subject_id, message.booking_id, message.version) == (booking.id, booking.id, booking.version)
    assert message.locale == "en"


def test_every_kind_is_defined_once() -> None:
    assert set(CATALOG) == set(MessageKind)
    assert len(CATALOG) == len(DEFINITIONS)
