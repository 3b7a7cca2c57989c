"""Calendar files, as a calendar reads them."""

from datetime import UTC, datetime

import pytest
from icalendar import Calendar, Component

from notifier.messages.appointment import calendar_file
from tests.support.bookings import DECIDED_AT, a_booking

DESCRIPTION = "With Team North."


def event_of(content: bytes) -> tuple[Calendar, Component]:
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    return calendar, calendar.walk("VEVENT")[0]


@pytest.mark.parametrize(("method", "status"), [("PUBLISH", "CONFIRMED"), ("CANCEL", "CANCELLED")])
def test_one_entry_for_the_life_of_a_booking(method: str, status: str) -> None:
    booking = a_booking(version=7)
    calendar, event = event_of(
        calendar_file(booking, DECIDED_AT, "bookings@example.com", method, DESCRIPTION).content  # type: ignore[arg-type]
    )
    assert calendar["METHOD"] == method
    assert event["UID"] == f"{booking.id}@tidebook"
    assert event["SEQUENCE"] == 7
    assert event["STATUS"] == status
    assert str(event["ORGANIZER"]) == "mailto:bookings@example.com"


def test_the_time_is_the_zones_own() -> None:
    booking = a_booking(starts_at=datetime(2027, 7, 1, 7, 0, tzinfo=UTC))
    content = calendar_file(booking, DECIDED_AT, "bookings@example.com", "PUBLISH", DESCRIPTION).content
    _, event = event_of(content)
    assert b"DTSTART;TZID=Europe/Paris:20270701T090000\r\n" in content
    assert event.decoded("DTSTART") == booking.starts_at
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" in content
    assert len(content) < 2000


def test_names_cannot_break_out_of_their_line() -> None:
    booking = a_booking(business_name='Sparkle";X=1:\r\nATTENDEE:mailto:eve@example.com', service_name="A\nB,C;D")
    calendar, event = event_of(
        calendar_file(booking, DECIDED_AT, "bookings@example.com", "PUBLISH", DESCRIPTION).content
    )
    assert "ATTENDEE" not in event
    assert str(event["SUMMARY"]).startswith("A B,C;D (")
    assert len(calendar.walk("VEVENT")) == 1
