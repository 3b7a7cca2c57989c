"""No event goes out that nobody hears: each has a handler, or a reason why not."""

from billing.main import HANDLERS as BILLING
from booking.main import HANDLERS as BOOKING
from notifier.main import HANDLERS as NOTIFIER
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentFailed, PaymentRequested
from shared.contracts.booking.bookings import (
    BookingApprovalRequested,
    BookingChanged,
    BookingCompleted,
    BookingDeclined,
    BookingReassigned,
)
from shared.contracts.booking.calendars import TimeOffAdded, TimeOffConflictFound, TimeOffRemoved
from shared.contracts.booking.catalog import ResourceChanged, ServiceChanged
from shared.contracts.booking.customers import CustomerChanged
from shared.contracts.booking.holds import HoldExpired, HoldExtended, HoldPlaced, HoldReleased
from shared.contracts.booking.locations import LocationChanged
from shared.contracts.notifier.messages import MessageFailed, MessageSent
from shared.contracts.registry import published

NOT_HEARD: dict[type[Event], str] = {
    PaymentRequested: "its customer is sent to the payment page by the booking's own mail; integrators may listen",
    PaymentFailed: "the payment shows it, the hold goes on and ends by itself, and that is told",
    BookingApprovalRequested: "whoever books sees it in the answer; a business that is asked listens, or lists them",
    BookingDeclined: "the booking shows it; integrators tell their customers",
    BookingReassigned: "the customer's appointment stays as it is",
    BookingChanged: "the appointment stays as it is; messages are written from the booking when they are sent",
    HoldPlaced: "who holds has the answer; integrators who show a calendar listen",
    HoldExtended: "who extends has the answer; integrators who show a calendar listen",
    HoldReleased: "for integrators who show a calendar; nothing of ours waits for room",
    HoldExpired: "for integrators, who tell whoever was about to book",
    ServiceChanged: "for integrators who keep a copy of the catalog; bookings keep what they were made under",
    LocationChanged: "for integrators who keep a copy of the catalog; resources that follow it are told of too",
    ResourceChanged: "for integrators who keep a copy of the catalog; bookings stay where they stand",
    CustomerChanged: "for integrators who keep a copy of the registry; bookings keep the name they were made under",
    TimeOffAdded: "who added it is answered with its conflicts; integrators who keep a calendar listen",
    TimeOffConflictFound: "the time off shows it at once to whoever asks; integrators move or cancel what it names",
    TimeOffRemoved: "for integrators who keep a calendar; nothing of ours waits for room",
    MessageSent: "for integrators, who show that a mail went out",
    MessageFailed: "told by the log and by email_jobs_total; there is no other channel yet to tell it through",
}
"""Events without a handler, and why that loses nothing."""


def test_every_event_is_heard_or_says_why_not() -> None:
    heard = {kind for handlers in (BOOKING, BILLING, NOTIFIER) for h in handlers.declared for kind in h.types}
    events = set(published(Event))
    assert len(events) > 10
    assert events - heard == set(NOT_HEARD)
    assert BookingCompleted in heard
    assert all(len(reason) > 20 for reason in NOT_HEARD.values())
