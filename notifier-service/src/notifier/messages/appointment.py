"""A booking as an iCalendar object (RFC 5545, methods of RFC 5546)."""

from datetime import UTC, datetime
from typing import Literal

from icalendar import Calendar, Event, vCalAddress

from notifier.channels.email.mime import CalendarFile, plain_name
from shared.contracts.booking.bookings import Booking


def calendar_file(
    booking: Booking, changed_at: datetime, organizer: str, method: Literal["PUBLISH", "CANCEL"], description: str
) -> CalendarFile:
    """The appointment for the customer's calendar.

    One UID for the life of the booking, SEQUENCE its version: a calendar that knows an older version
    moves or removes the same entry. PUBLISH, not REQUEST: no answer is expected.

    Instants are in UTC (RFC 5545 §3.3.5), and calendars show them on their owner's clock: a local time would be
    two instants in an hour that comes twice, and would need the zone's rules, in which readers and libraries err.
    """
    event = Event()
    event.add("uid", f"{booking.id}@tidebook")
    event.add("sequence", booking.version)
    event.add("dtstamp", changed_at)
    event.add("dtstart", booking.starts_at.astimezone(UTC))
    event.add("dtend", booking.ends_at.astimezone(UTC))
    event.add("summary", f"{plain_name(booking.service_name)} ({plain_name(booking.business_name)})")
    event.add("description", description)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if method == "CANCEL" else "OPAQUE")
    host = vCalAddress(f"mailto:{organizer}")
    # A double quote can't stand in a parameter (RFC 5545 §3.1).
    host.params["CN"] = plain_name(booking.business_name).replace('"', "'")
    event["organizer"] = host
    calendar = Calendar()
    calendar.add("prodid", "-//Tidebook//notifier//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return CalendarFile(method, calendar.to_ical())
