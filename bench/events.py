"""Events to measure with: confirmed bookings, as booking-service announces them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.clock import utc_now
from shared.contracts.base import Event
from shared.contracts.booking.bookings import Booking, BookingConfirmed, BookingStatus, Customer
from shared.contracts.money import Money
from shared.identifiers import new_id
from shared.messaging.broker import Broker

AT_ONCE = 256
"""Publishes under way at once, the relay's and a reference's."""


def confirmations(count: int, tenant_id: UUID) -> list[BookingConfirmed]:
    """Different bookings of one tenant, each just confirmed."""
    tomorrow = (utc_now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return [_confirmation(tenant_id, tomorrow + timedelta(minutes=30 * (number % 4000))) for number in range(count)]


def _confirmation(tenant_id: UUID, starts_at: datetime) -> BookingConfirmed:
    booking = Booking(
        id=new_id(),
        status=BookingStatus.CONFIRMED,
        version=1,
        service_id=new_id(),
        service_name="Standard cleaning",
        resource_id=new_id(),
        resource_name="Team A",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=60),
        local_start=starts_at.astimezone(ZoneInfo("Europe/Paris")).isoformat(),
        time_zone="Europe/Paris",
        customer=Customer(name="Ada Lovelace", email="ada@customer.example", phone="+33 1 23 45 67 89"),
        notes="The key is under the mat.",
        metadata={"source": "bench"},
        price=Money(amount=9000, currency="eur"),
        business_name="Bench",
        created_at=utc_now(),
    )
    event = BookingConfirmed(tenant_id=tenant_id, booking=booking, version=1, sequence=1, actor="business")
    return event.caused_by(new_id(), new_id())


async def publish(broker: Broker, events: Sequence[Event]) -> None:
    """Put events on their stream, with their ids as the relay gives them."""
    for start in range(0, len(events), AT_ONCE):
        some = events[start : start + AT_ONCE]
        await asyncio.gather(*(broker.publish(e.subject, e.model_dump_json().encode(), str(e.id)) for e in some))
