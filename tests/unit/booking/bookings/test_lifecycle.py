"""When an appointment can have begun, be done or be missed, to the second and by the clock at the place."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from booking.bookings.lifecycle import REACHED_FROM
from booking.bookings.model import Booking
from booking.errors import TooEarly
from shared.contracts.booking.bookings import STANDING, BookingStatus

STARTS_AT = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
"""Half past midnight of the 11th in Berlin, the afternoon of the 10th in Honolulu."""
SECOND = timedelta(seconds=1)


def confirmed(time_zone: str) -> Booking:
    return Booking(
        tenant_id=uuid4(), id=uuid4(), status="confirmed", version=1, sequence=1, service_id=uuid4(),
        service_name="Cleaning", resource_id=uuid4(), resource_name="Team", starts_at=STARTS_AT,
        ends_at=STARTS_AT + timedelta(hours=1), time_zone=time_zone, customer_name="Ada",
        customer_email="ada@example.org", customer_phone=None, notes=None, labels={}, price_amount=100, price_version=1,
        price_currency="eur", deposit_amount=0, deposit_status=None, deposit_refunded=0, deposit_sequence=0,
        hold_expires_at=None, approve_by=None, several=None, customer_id=None, business_name="Sparkle",
        cancellation_reason=None,
        created_at=STARTS_AT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("time_zone", "midnight"),
    [
        ("Europe/Berlin", datetime(2026, 3, 10, 23, 0, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 3, 10, 10, 0, tzinfo=UTC)),
    ],
)
def test_an_appointment_begins_on_its_local_day_at_the_earliest(time_zone: str, midnight: datetime) -> None:
    with pytest.raises(TooEarly):
        confirmed(time_zone).start(None, midnight - SECOND, None)
    assert confirmed(time_zone).start(None, midnight, None)
    assert confirmed(time_zone).start(None, STARTS_AT + timedelta(days=3), None), "late is not refused"


def test_it_is_done_at_its_start_at_the_earliest_and_missed_after_it() -> None:
    booking = confirmed("Europe/Berlin")
    with pytest.raises(TooEarly):
        booking.complete(None, STARTS_AT - SECOND, None)
    with pytest.raises(TooEarly):
        booking.mark_no_show(None, STARTS_AT, None)
    assert (booking.status, booking.version) == ("confirmed", 1)
    assert confirmed("Europe/Berlin").complete(None, STARTS_AT, None)
    assert confirmed("Europe/Berlin").mark_no_show(None, STARTS_AT + SECOND, None)


def test_what_stands_is_what_leads_on_but_for_late_money() -> None:
    leads_on = {status for froms in REACHED_FROM.values() for status in froms}
    assert set(STANDING) == leads_on - {BookingStatus.EXPIRED}
