"""Which messages are still true when their time comes, and how often a failed one is tried."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notifier.messages.catalog import CATALOG
from notifier.messages.model import About, ClaimedMessage, MessageStatus
from notifier.messages.rules import GIVE_UP_SECONDS, attempt_again, retry_delay
from shared.contracts.booking.bookings import Booking, BookingStatus
from shared.contracts.notifier.messages import MessageKind
from tests.support.bookings import DECIDED_AT, STARTS_AT, TENANT, a_booking

SENT_VERSION = 2


def claimed(kind: str, status: str | None, version: int = SENT_VERSION, **changes: Any) -> ClaimedMessage:
    """A message about version 2 of a booking that by now has the given status and version."""
    members: dict[str, Any] = {
        "tenant_id": TENANT,
        "id": UUID(int=1),
        "kind": MessageKind(kind),
        "booking_id": UUID(int=2),
        "version": SENT_VERSION,
        "recipient": "ada@example.com",
        "locale": "en",
        "send_at": DECIDED_AT,
        "attempts": 1,
        "interruptions": 0,
        "about": None,
        "message_id_header": "<1@example.com>",
        "correlation_id": None,
        "causation_id": None,
        "booking_status": BookingStatus(status) if status else None,
        "booking_version": version,
        "overtaken": False,
    }
    return ClaimedMessage(**members | changes)


def superseded(message: ClaimedMessage, booking: Booking, now: datetime) -> str | None:
    return CATALOG[message.kind].guard(message, About(booking=booking, occurred_at=DECIDED_AT), now)


@pytest.mark.parametrize(
    ("kind", "status", "version", "goes"),
    [
        ("held", "pending_payment", 2, True),
        ("held", "pending_payment", 3, False),
        ("held", "confirmed", 3, False),
        ("held", "expired", 3, False),
        ("held", "cancelled", 3, False),
        ("confirmed", "confirmed", 2, True),
        ("confirmed", "confirmed", 3, False),
        ("confirmed", "cancelled", 3, False),
        ("confirmed", "completed", 3, False),
        ("rescheduled", "confirmed", 2, True),
        ("rescheduled", "pending_payment", 2, True),
        ("rescheduled", "confirmed", 3, False),
        ("rescheduled", "cancelled", 3, False),
        ("cancelled", "cancelled", 2, True),
        ("payment_received", "expired", 5, True),
        ("refund", "cancelled", 5, True),
    ],
)
def test_queued_mail(kind: str, status: str, version: int, goes: bool) -> None:
    booking = a_booking("pending_payment" if kind == "held" else "confirmed")
    assert (superseded(claimed(kind, status, version), booking, DECIDED_AT) is None) == goes


def test_a_hold_is_not_mailed_after_its_deadline() -> None:
    booking = a_booking("pending_payment")
    assert booking.hold_expires_at is not None
    message = claimed("held", "pending_payment")
    assert superseded(message, booking, booking.hold_expires_at) == "the deadline has passed"


def test_a_confirmation_is_not_mailed_after_the_appointment() -> None:
    booking = a_booking()
    assert superseded(claimed("confirmed", "confirmed"), booking, booking.ends_at) == "the appointment is over"


@pytest.mark.parametrize(
    ("status", "deposit", "version", "minutes_before", "goes"),
    [
        ("confirmed", None, 2, 120, True),
        ("confirmed", "paid", 2, 120, True),
        ("confirmed", "pending", 2, 120, False),
        ("confirmed", None, 3, 120, False),
        ("cancelled", None, 3, 120, False),
        ("pending_payment", "pending", 2, 120, False),
        ("expired", "pending", 3, 120, False),
        ("completed", None, 3, 120, False),
        ("confirmed", None, 2, 0, False),
        ("confirmed", None, 2, -1, False),
    ],
)
def test_reminders(status: str, deposit: str | None, version: int, minutes_before: int, goes: bool) -> None:
    booking = a_booking(status, deposit, version=version)
    now = STARTS_AT - timedelta(minutes=minutes_before)
    assert (superseded(claimed("reminder", status, version), booking, now) is None) == goes


def test_a_reminder_beside_a_later_one_does_not_go() -> None:
    """After an outage both are due; the nearer says all that the other would."""
    message = claimed("reminder", "confirmed", overtaken=True)
    assert superseded(message, a_booking(), STARTS_AT - timedelta(minutes=90)) == "a later reminder is due as well"


@pytest.mark.parametrize(
    ("before", "waits"),
    [
        pytest.param(timedelta(hours=12, minutes=1), False, id="20:59"),
        pytest.param(timedelta(hours=12), True, id="21:00"),
        pytest.param(timedelta(hours=3), True, id="6:00"),
        pytest.param(timedelta(hours=1), False, id="8:00"),
    ],
)
def test_a_late_reminder_waits_for_the_morning(before: timedelta, waits: bool) -> None:
    """The relay was away when it was due; the appointment is at 9:00 in Paris."""
    booking, now = a_booking(), STARTS_AT - before
    assert superseded(claimed("reminder", "confirmed"), booking, now) is None
    eight = STARTS_AT - timedelta(hours=1)
    until = CATALOG[MessageKind.REMINDER].wait(About(booking=booking, occurred_at=now), now)
    assert until == (eight if waits else None)


def test_a_late_reminder_of_what_begins_at_night_does_not_go() -> None:
    early = STARTS_AT - timedelta(hours=2)
    booking = a_booking(starts_at=early)
    reason = superseded(claimed("reminder", "confirmed"), booking, early - timedelta(minutes=30))
    assert reason == "it begins before quiet hours end"


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.REMINDER])
def test_an_answer_goes_at_any_hour(kind: MessageKind) -> None:
    about = About(booking=a_booking(), occurred_at=STARTS_AT)
    assert CATALOG[kind].wait(about, STARTS_AT - timedelta(hours=5)) is None


def test_what_has_lost_its_booking_does_not_go() -> None:
    message = claimed("confirmed", None, booking_version=None)
    assert superseded(message, a_booking(), DECIDED_AT) == "the booking is unknown"


def test_retries_last_a_day() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, 8)]
    assert delays == [5, 60, 300, 900, 3600, 3600, 3600]
    assert GIVE_UP_SECONDS == 24 * 3600


@pytest.mark.parametrize(
    ("attempts", "due_for", "status", "delay"),
    [
        (1, timedelta(0), MessageStatus.QUEUED, timedelta(seconds=5)),
        (5, timedelta(hours=1), MessageStatus.QUEUED, timedelta(hours=1)),
        (28, timedelta(hours=23), MessageStatus.QUEUED, timedelta(hours=1)),
        (28, timedelta(hours=23, seconds=1), MessageStatus.FAILED, None),
    ],
)
def test_a_failed_attempt(attempts: int, due_for: timedelta, status: MessageStatus, delay: timedelta | None) -> None:
    now = DECIDED_AT + due_for
    attempt = attempt_again(claimed("confirmed", "confirmed", attempts=attempts), "smtp: 450", now)
    assert attempt.status is status
    assert attempt.next_attempt_at == (now + delay if delay else None)
    assert attempt.error == ("smtp: 450" if delay else "gave_up: smtp: 450")
