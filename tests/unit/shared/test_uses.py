"""What a service has declared to send and ask is all that it can."""

from uuid import uuid4

import pytest

from shared.clock import utc_now
from shared.contracts.booking.bookings import CancelBooking, GetBooking, ListBookings
from shared.contracts.stripe import StripeEvent
from shared.messaging.broker import Broker
from shared.messaging.rpc import call
from shared.messaging.sending import pass_on_stripe_event, send_command
from shared.messaging.uses import Undeclared, Uses


@pytest.fixture
def broker() -> Broker:
    broker = Broker("nats://127.0.0.1:1", "test")
    broker.uses = Uses(queries=(GetBooking,))
    return broker


async def test_what_is_not_declared_is_neither_sent_nor_asked(broker: Broker) -> None:
    tenant = uuid4()
    with pytest.raises(Undeclared, match="ListBookings"):
        await call(broker, ListBookings(tenant_id=tenant))
    command = CancelBooking(id=uuid4(), tenant_id=tenant, subject_id=uuid4(), received_at=utc_now())
    with pytest.raises(Undeclared, match="CancelBooking"):
        await send_command(broker, command)
    with pytest.raises(Undeclared, match="StripeEvent"):
        await pass_on_stripe_event(broker, "evt_1", "charge.updated", b"{}")


def test_declared_is_the_type_itself() -> None:
    uses = Uses(commands=(CancelBooking,), queries=(GetBooking,), stripe_events=True)
    for declared in (CancelBooking, GetBooking, StripeEvent):
        uses.check(declared)
    with pytest.raises(Undeclared):
        Uses().check(GetBooking)
