"""Calendar files, as a calendar reads them."""

from datetime import UTC, datetime, timedelta

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


@pytest.mark.parametrize(
    "starts_at", [datetime(2027, 7, 1, 7, 0, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]
)
def test_times_are_in_utc_and_never_two_instants(starts_at: datetime) -> None:
    booking = a_booking(starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    content = calendar_file(booking, DECIDED_AT, "bookings@example.com", "PUBLISH", DESCRIPTION).content
    _, event = event_of(content)
    assert f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}\r\n".encode() in content
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (booking.starts_at, booking.ends_at)
    assert b"TZID" not in content


def test_names_cannot_break_out_of_their_line() -> None:
    booking = a_booking(business_name='Sparkle";X=1:\r\nATTENDEE:mailto:eve@example.com', service_name="A\nB,C;D")
    calendar, event = event_of(
        calendar_file(booking, DECIDED_AT, "bookings@example.com", "PUBLISH", DESCRIPTION).content
    )
    assert "ATTENDEE" not in event
    assert str(event["SUMMARY"]).startswith("A B,C;D (")
    assert len(calendar.walk("VEVENT")) == 1
