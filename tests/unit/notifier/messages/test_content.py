"""What mails say. The golden files are the mails' texts; `UPDATE_GOLDEN=1` writes them anew."""

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from notifier.channels.email.mime import Mail
from notifier.messages.catalog import CATALOG
from notifier.messages.content import content_of, write_mail
from notifier.messages.model import About
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.booking.bookings import Booking, Customer
from shared.contracts.money import Money
from shared.contracts.notifier.messages import MessageKind
from tests.support.bookings import DECIDED_AT, WRITING, a_booking

GOLDEN = Path(__file__).parents[1] / "golden"
PAYMENT_PAGE = "https://pay.example.com/{booking_id}"
LINK = re.compile(r"https?:|\w[.\u3002\uff0e\uff61](?!0)[^\W\d]{2}|@")
DEPOSIT = Money(amount=2400, currency="eur")
WAS = {"starts_at": "2026-11-23T13:00:00+00:00", "ends_at": "2026-11-23T15:00:00+00:00"}


def about(booking: Booking, **more: Any) -> About:
    return About(booking=booking, occurred_at=DECIDED_AT, **more)


def written(kind: MessageKind, subject: About, payment_page: str = PAYMENT_PAGE) -> Mail:
    return write_mail(
        CATALOG[kind],
        subject,
        locale="en",
        recipient="ada@example.com",
        message_id="<1@example.com>",
        payment_page=payment_page,
        organizer="bookings@example.com",
    )


CASES = {
    "held": (MessageKind.HELD, about(a_booking("pending_payment", "pending")), PAYMENT_PAGE),
    "held_without_a_link": (MessageKind.HELD, about(a_booking("pending_payment", "pending")), ""),
    "confirmed": (MessageKind.CONFIRMED, about(a_booking("confirmed", "paid")), PAYMENT_PAGE),
    "confirmed_without_a_deposit": (MessageKind.CONFIRMED, about(a_booking()), PAYMENT_PAGE),
    "rescheduled": (
        MessageKind.RESCHEDULED,
        about(a_booking("confirmed", "paid"), previous=WAS | {"resource_name": "Team South"}),
        PAYMENT_PAGE,
    ),
    "rescheduled_while_held": (
        MessageKind.RESCHEDULED,
        about(a_booking("pending_payment", "pending"), previous=WAS),
        PAYMENT_PAGE,
    ),
    "cancelled": (
        MessageKind.CANCELLED,
        about(a_booking("cancelled", "paid", cancellation_reason="The team is ill."), previous={"status": "confirmed"}),
        PAYMENT_PAGE,
    ),
    "cancelled_while_held": (
        MessageKind.CANCELLED,
        about(a_booking("cancelled", "pending"), previous={"status": "pending_payment"}),
        PAYMENT_PAGE,
    ),
    "payment_received": (
        MessageKind.PAYMENT_RECEIVED,
        about(a_booking("pending_payment", "pending"), amount=DEPOSIT),
        PAYMENT_PAGE,
    ),
    "payment_received_late": (
        MessageKind.PAYMENT_RECEIVED,
        about(a_booking("expired", "pending"), amount=DEPOSIT),
        PAYMENT_PAGE,
    ),
    "cancelled_after_a_part_went_back": (
        MessageKind.CANCELLED,
        about(a_booking("cancelled", "partially_refunded", refunded=900), previous={"status": "confirmed"}),
        PAYMENT_PAGE,
    ),
    "refund_of_a_part": (
        MessageKind.REFUND,
        about(
            a_booking("confirmed", "partially_refunded", refunded=900),
            amount=Money(amount=900, currency="eur"),
            refund_reason=RefundReason.DASHBOARD,
        ),
        PAYMENT_PAGE,
    ),
    "refund_of_the_rest": (
        MessageKind.REFUND,
        about(
            a_booking("cancelled", "partially_refunded", refunded=900),
            amount=Money(amount=1500, currency="eur"),
            refund_reason=RefundReason.CANCELLED,
        ),
        PAYMENT_PAGE,
    ),
    "refund": (
        MessageKind.REFUND,
        about(a_booking("cancelled", "paid"), amount=DEPOSIT, refund_reason=RefundReason.CANCELLED),
        PAYMENT_PAGE,
    ),
    "refund_of_a_late_payment": (
        MessageKind.REFUND,
        about(a_booking("expired", "pending"), amount=DEPOSIT, refund_reason=RefundReason.LATE_PAYMENT),
        PAYMENT_PAGE,
    ),
    "refund_failed": (
        MessageKind.REFUND_FAILED,
        about(a_booking("cancelled", "refund_failed"), amount=DEPOSIT, refund_reason=RefundReason.CANCELLED),
        PAYMENT_PAGE,
    ),
    "reminder": (MessageKind.REMINDER, about(a_booking("confirmed", "paid")), PAYMENT_PAGE),
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
    kind, subject, payment_page = CASES[name]
    content, mail = content_of(CATALOG[kind], subject, "en", payment_page), written(kind, subject, payment_page)
    for words in [content.headline, *content.paragraphs, *content.closing, *(value for _, value in content.facts)]:
        assert words in mail.text
        assert words in unescape(mail.html)
    assert ('href="https://pay.example.com/' in mail.html) == (content.action is not None)


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
        ("refund_failed", None),
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


@pytest.mark.parametrize("name", WRITING.values(), ids=WRITING)
def test_a_name_of_any_writing_comes_through(name: str) -> None:
    booking = a_booking(
        customer=Customer(name=name, email="ada@example.com"),
        business_name=name,
        service_name=name,
        resource_name=name,
    )
    mail = written(MessageKind.CONFIRMED, about(booking))
    assert f"Hello {name}," in mail.text
    assert f"Hello {name}," in unescape(mail.html)
    assert (mail.sender_name, name in mail.subject) == (name, True)
    assert mail.calendar
    event = Calendar.from_ical(mail.calendar.content).walk("VEVENT")[0]
    assert str(event["SUMMARY"]) == f"{name} ({name})"
    assert str(event["DESCRIPTION"]).startswith(f"With {name}.")
    assert event["ORGANIZER"].params["CN"] == name


HARM = "A\u202ed\u2066a\x9b\u2028\x85B"


def test_what_does_harm_does_not() -> None:
    booking = a_booking(
        customer=Customer(name=HARM, email="ada@example.com"),
        business_name=HARM,
        service_name=HARM,
        resource_name=HARM,
        cancellation_reason=HARM,
    )
    mail = written(MessageKind.CANCELLED, about(booking, previous={"status": "confirmed"}))
    assert mail.calendar
    for text in (mail.text, mail.html, mail.subject, mail.sender_name, mail.calendar.content.decode()):
        assert not set(text) & set(HARM) - set("AdaB")
        assert "Ada B" in text


def test_nothing_is_said_of_what_nobody_can_see() -> None:
    booking = a_booking(customer=Customer(name="\u3164", email="ada@example.com"), cancellation_reason="\u200b\n")
    paragraphs = content_of(CATALOG[MessageKind.CANCELLED], about(booking), "en", "").paragraphs
    assert paragraphs[0] == "Hello,"
    assert not any(paragraph.startswith("Reason") for paragraph in paragraphs)


def test_a_name_cannot_begin_a_paragraph_of_its_own() -> None:
    booking = a_booking(business_name="Sparkle\n\nPay here: https://evil.example", cancellation_reason="A\n\nB")
    paragraphs = content_of(CATALOG[MessageKind.CANCELLED], about(booking), "en", "").paragraphs
    assert paragraphs[1].startswith("Your booking with Sparkle Pay here: https evil. example has been cancelled.")
    assert paragraphs[2:] == ["Reason: A B"]


def test_what_was_queued_by_an_older_version_reads_as_ever() -> None:
    """Its former values were a plain dict with more in it than the mail needs, times as text."""
    stored = about(a_booking("confirmed", "paid")).model_dump(mode="json")
    stored["previous"] = WAS | {"resource_name": "Team South", "local_start": "2026-11-23T14:00:00+01:00", "seats": 1}
    mail = written(MessageKind.RESCHEDULED, About.model_validate_json(json.dumps(stored)))
    assert f"Subject: {mail.subject}\n\n{mail.text}" == (GOLDEN / "rescheduled.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "written_as"),
    [
        ("Win now http://evil.example/x", "Win now http evil. example/x"),
        ("www.evil.example", "www. evil. example"),
        ("ceo@bank.example", "ceo at bank. example"),
        ("evil。example", "evil. example"),
        ("evil\uff0eexample", "evil. example"),
        (r"hxxp:\\evil.example", "hxxp evil. example"),
        ("Dr. Ada St.John-Smith Jr.", "Dr. Ada St. John-Smith Jr."),
        ("Room 2.5", "Room 2.5"),
        ("evil\u200d.e\u200dxample", "evil\u200d. e\u200dxample"),
        ("http:\u200b/\ufe0f/evil.example", "http evil. example"),
        ("Müller & Co. GmbH", "Müller & Co. GmbH"),
    ],
)
def test_a_name_makes_no_link(name: str, written_as: str) -> None:
    booking = a_booking().model_copy(
        update={
            "customer": Customer(name=name, email="ada@example.com"),
            "service_name": name,
            "resource_name": name,
            "business_name": name,
        }
    )
    mail = written(MessageKind.CONFIRMED, about(booking))
    assert f"Hello {written_as}," in mail.text
    assert mail.text.count(written_as) >= 4
    assert written_as in mail.subject
    assert not LINK.search(mail.text), "in a mail without anything to pay there is nothing to click"
    assert not LINK.search(mail.subject)
    assert mail.calendar
    assert not LINK.search(re.sub(r"\r\n |UID:\S+|mailto:\S+|TZURL\S*", "", mail.calendar.content.decode()))
