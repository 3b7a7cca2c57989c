"""What happens to a booking by the clock."""

from datetime import datetime, timedelta
from uuid import UUID

from shared.clock import utc_now
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.bookings import Booking, GetBooking
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually


async def look(tenant: Tenant, booking: UUID) -> Booking:
    return await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booking))


async def test_an_appointment_that_is_over_is_completed(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    booking = booking_id(await tenant.book(service, soon))
    await tenant.execute(
        "UPDATE bookings SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h' WHERE id = :id",
        id=booking,
    )

    async def completed() -> bool:
        return (await look(tenant, booking)).status == "completed"

    await eventually(completed, within=20)


async def test_the_buffer_of_what_is_completed_is_still_occupied(tenant: Tenant) -> None:
    """Occupation ends with its range, not with a status."""
    service = await tenant.service(duration_minutes=5, buffer_after_minutes=60, slot_step_minutes=5)
    resource = await tenant.resource(service)
    within_the_buffer = (utc_now() + timedelta(minutes=20)).replace(second=0, microsecond=0)
    booking = booking_id(await tenant.book(service, within_the_buffer))
    await tenant.execute(
        """
        WITH moved AS (
            UPDATE bookings SET starts_at = now() - interval '6 min', ends_at = now() - interval '1 min' WHERE id = :id)
        UPDATE allocations SET busy_from = now() - interval '6 min', busy_until = now() + interval '59 min'
        WHERE owner_id = :id
        """,
        id=booking,
    )

    async def completed() -> bool:
        return (await look(tenant, booking)).status == "completed"

    await eventually(completed, within=20)
    assert code(await tenant.book(service, within_the_buffer, resource)) == "slot_taken"
    after_the_buffer = within_the_buffer + timedelta(minutes=60)
    offered = await rpc.call(
        tenant.broker,
        FindSlots(
            tenant_id=tenant.id, service_id=service, from_=utc_now(), to=after_the_buffer + timedelta(minutes=30)
        ),
    )
    assert min(slot.starts_at for slot in offered.slots) > within_the_buffer + timedelta(minutes=35)
    assert code(await tenant.cancel(booking)) == "booking_closed"


async def test_a_hold_ends_by_the_start_of_what_it_holds(tenant: Tenant) -> None:
    """Or money would be taken for what has begun, and given back."""
    service = await tenant.service(deposit_percent=50)
    resource = await tenant.resource(service)
    soon = (utc_now() + timedelta(minutes=4)).replace(second=0, microsecond=0)
    held = (await tenant.book(service, soon, resource)).result
    assert held is not None
    assert datetime.fromisoformat(held["hold_expires_at"]) == soon
    later = (await tenant.book(service, soon + timedelta(hours=3), resource)).result
    assert later is not None
    assert datetime.fromisoformat(later["hold_expires_at"]) > soon
    # Moved to where it begins sooner, it has to be paid sooner.
    await tenant.cancel(held["id"])
    moved = (await tenant.reschedule(later["id"], soon, resource_id=resource)).result
    assert moved is not None
    assert datetime.fromisoformat(moved["hold_expires_at"]) == soon
