"""What happens to a booking by the clock."""

from datetime import datetime
from uuid import UUID

from shared.contracts.booking.bookings import Booking, GetBooking
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id
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
