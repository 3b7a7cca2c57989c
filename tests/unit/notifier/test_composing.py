"""Which messages still hold when their time comes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notifier.claims import Claim
from notifier.composing import not_to_be_reminded, overtaken
from notifier.model import MessageKind
from shared.contracts.booking.bookings import BookingStatus
from tests.support.bookings import DECIDED_AT, STARTS_AT, TENANT, a_booking

SENT_VERSION = 2


def a_claim(kind: str, status: str, version: int = SENT_VERSION) -> Claim:
    """A message about version 2 of a booking that by now has the given status and version."""
    members: dict[str, Any] = {
        "tenant_id": TENANT,
        "id": UUID(int=1),
        "booking_id": UUID(int=2),
        "kind": MessageKind(kind),
        "version": SENT_VERSION,
        "recipient": "ada@example.com",
        "attempts": 1,
        "interruptions": 0,
        "age_seconds": 0.0,
        "about": None,
        "message_id_header": "<1@example.com>",
        "correlation_id": None,
        "causation_id": None,
        "booking_status": BookingStatus(status),
        "booking_version": version,
    }
    return Claim(**members)


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
    assert (overtaken(a_claim(kind, status, version), booking, DECIDED_AT) is None) == goes


def test_a_hold_is_not_mailed_after_its_deadline() -> None:
    booking = a_booking("pending_payment")
    assert booking.hold_expires_at is not None
    claim = a_claim("held", "pending_payment")
    assert overtaken(claim, booking, booking.hold_expires_at) == "the deadline has passed"


def test_a_confirmation_is_not_mailed_after_the_appointment() -> None:
    booking = a_booking()
    assert overtaken(a_claim("confirmed", "confirmed"), booking, booking.ends_at) == "the appointment is over"


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
    assert (not_to_be_reminded(booking, SENT_VERSION, now) is None) == goes
