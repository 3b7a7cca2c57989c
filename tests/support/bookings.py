"""Bookings and their events, for every test that needs one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.booking.bookings import Booking, BookingEvent, BookingStatus, Customer, Deposit, DepositStatus
from shared.contracts.money import Money

TENANT = UUID("01936a3e-0000-7000-8000-0000000000aa")
STARTS_AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DECIDED_AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

WRITING = {
    "Sinhala": "ශ්\u200dරී",
    "Persian": "علی\u200cرضا",
    "a woman who is a mechanic": "👩\u200d🔧",
    "England's flag": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a heart, red": "❤\ufe0f",
    "a character of Unicode 15": "\U0001fae8",
    "one of a Unicode to come": "\U0001fbff",
    "an ideograph with a variant": "葛\U000e0100",
    "a compatibility ideograph": "\ufa19",
    "Hebrew with a mark of direction": "שלום\u200f!",
    "Thai with room to break": "ไทย\u200bแลนด์",
}
"""Names with characters that look like harm to a careless rule."""


def a_booking(status: str = "confirmed", deposit: str | None = None, **changes: Any) -> Booking:
    """A two-hour appointment on 24 November 2026, 9:00 in Paris; `deposit` is the deposit's status."""
    starts_at = changes.pop("starts_at", STARTS_AT)
    members: dict[str, Any] = {
        "id": UUID("01936a3e-0000-7000-8000-000000000001"),
        "status": BookingStatus(status),
        "version": 2,
        "service_id": UUID(int=2),
        "service_name": "Deep clean",
        "resource_id": UUID(int=3),
        "resource_name": "Team North",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "local_start": starts_at.isoformat(),
        "time_zone": "Europe/Paris",
        "customer": Customer(name="Ada Lovelace", email="ada@example.com"),
        "price": Money(amount=12000, currency="eur"),
        "deposit": Deposit(
            amount=2400, refunded_amount=changes.pop("refunded", 0), currency="eur", status=DepositStatus(deposit)
        )
        if deposit
        else None,
        "hold_expires_at": datetime(2026, 11, 20, 10, 15, tzinfo=UTC) if status == "pending_payment" else None,
        "business_name": "Sparkle & Sons",
        "created_at": DECIDED_AT,
    }
    return Booking(**members | changes)


def news(event_type: type[BookingEvent], booking: Booking, **changes: Any) -> BookingEvent:
    """The event that leaves the booking as given; its sequence is the booking's version."""
    members: dict[str, Any] = {
        "tenant_id": TENANT,
        "booking": booking,
        "version": booking.version,
        "sequence": booking.version,
        "actor": "business",
        "occurred_at": DECIDED_AT,
    }
    return event_type(**members | changes)
