"""What mails say. The golden files are the mails' texts; `UPDATE_GOLDEN=1` writes them anew."""

import os
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from notifier.letters import Links, letter_about
from notifier.mail import Mail
from notifier.model import About, MessageKind
from notifier.rendering import render
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.booking.bookings import Booking, Customer
from shared.contracts.money import Money
from tests.support.bookings import DECIDED_AT, a_booking

GOLDEN = Path(__file__).parent / "golden"
LINKS = Links("https://pay.example.com/{booking_id}")
DEPOSIT = Money(amount=2400, currency="eur")
WAS = {"starts_at": "2026-11-23T13:00:00+00:00", "ends_at": "2026-11-23T15:00:00+00:00"}


def about(booking: Booking, **more: Any) -> About:
    return About(booking=booking, occurred_at=DECIDED_AT, **more)


def written(kind: MessageKind, subject: About, links: Links = LINKS) -> Mail:
    letter = letter_about(kind, subject, links)
    return render(letter, kind, subject, "ada@example.com", "<1@example.com>", "bookings@example.com")


CASES = {
    "held": (MessageKind.HELD, about(a_booking("pending_payment", "pending")), LINKS),
    "held_without_a_link": (MessageKind.HELD, about(a_booking("pending_payment", "pending")), Links()),
    "confirmed": (MessageKind.CONFIRMED, about(a_booking("confirmed", "paid")), LINKS),
    "confirmed_without_a_deposit": (MessageKind.CONFIRMED, about(a_booking()), LINKS),
    "rescheduled": (
        MessageKind.RESCHEDULED,
        about(a_booking("confirmed", "paid"), previous=WAS | {"resource_name": "Team South"}),
        LINKS,
    ),
    "rescheduled_while_held": (
        MessageKind.RESCHEDULED,
        about(a_booking("pending_payment", "pending"), previous=WAS),
        LINKS,
    ),
    "cancelled": (
        MessageKind.CANCELLED,
        about(a_booking("cancelled", "paid", cancellation_reason="The team is ill."), previous={"status": "confirmed"}),
        LINKS,
    ),
    "cancelled_while_held": (
        MessageKind.CANCELLED,
        about(a_booking("cancelled", "pending"), previous={"status": "pending_payment"}),
        LINKS,
    ),
    "payment_received": (
        MessageKind.PAYMENT_RECEIVED,
        about(a_booking("pending_payment", "pending"), amount=DEPOSIT),
        LINKS,
    ),
    "payment_received_late": (
        MessageKind.PAYMENT_RECEIVED,
        about(a_booking("expired", "pending"), amount=DEPOSIT),
        LINKS,
    ),
    "refund": (
        MessageKind.REFUND,
        about(a_booking("cancelled", "paid"), amount=DEPOSIT, refund_reason=RefundReason.CANCELLED),
        LINKS,
    ),
    "refund_of_a_late_payment": (
        MessageKind.REFUND,
        about(a_booking("expired", "pending"), amount=DEPOSIT, refund_reason=RefundReason.LATE_PAYMENT),
        LINKS,
    ),
    "reminder": (MessageKind.REMINDER, about(a_booking("confirmed", "paid")), LINKS),
}


def test_every_kind_is_covered() -> None:
    assert {kind for kind, _, _ in CASES.values()} == set(MessageKind)


@pytest.mark.parametrize("name", CASES)
def test_text_is_as_agreed(name: str) -> None:
    mail = written(*CASES[name])
    seen = f"Subject: {mail.subject}\n\n{mail.text}"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_html_says_the_same_as_the_text(name: str) -> None:
    kind, subject, links = CASES[name]
    letter, mail = letter_about(kind, subject, links), written(kind, subject, links)
    for words in [letter.headline, *letter.paragraphs, *letter.closing, *(value for _, value in letter.facts)]:
        assert words in mail.text
        assert words in unescape(mail.html)
    assert ('href="https://pay.example.com/' in mail.html) == (letter.action is not None)


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("held", None),
        ("confirmed", "PUBLISH"),
        ("rescheduled", "PUBLISH"),
        ("rescheduled_while_held", None),
        ("cancelled", "CANCEL"),
        ("cancelled_while_held", None),
        ("refund", None),
        ("reminder", None),
    ],
)
def test_calendar_files_go_with_appointments_that_stand_or_stood(name: str, method: str | None) -> None:
    calendar = written(*CASES[name]).calendar
    assert (calendar.method if calendar else None) == method


def test_markup_and_template_marks_stay_text() -> None:
    hostile = '<script>alert(1)</script>{{ 7 * 7 }}"\r\nBcc: eve@example.com'
    booking = a_booking(
        customer=Customer(name=hostile, email="ada@example.com"),
        business_name=hostile,
        service_name=hostile,
        resource_name=hostile,
    )
    mail = written(MessageKind.CONFIRMED, about(booking))
    assert "<script" not in mail.html
    assert "{{ 7 * 7 }}" in mail.html
    assert "\nBcc:" not in mail.text
    assert "\n" not in mail.subject
