"""The payment of a booking's deposit, as the customer's browser needs it."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import Field
from starlette.responses import Response

from gateway.api.bookings import FOLLOWED, FOLLOWING, LOCATION
from gateway.api.dependencies import Follower, Nats
from gateway.commands.submit import accepted, waiting
from gateway.http.answers import ASKING, refuses, shows
from gateway.http.problems import Problem
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.billing import payments as contract
from shared.contracts.billing.payments import GetPayment, PaymentStatus
from shared.contracts.booking.bookings import Booking, BookingStatus
from shared.messaging.rpc import Rejected, call

routes = api_router("Payments")


class Payment(contract.Payment):
    """The deposit's payment. `client_secret` is for the customer's browser; null until Stripe has been asked."""

    # The booking's address names it.
    id: UUID = Field(exclude=True)
    booking_id: UUID = Field(exclude=True)
    failure_code: str | None = Field(default=None, exclude=True)


_EXAMPLE = {
    "status": "requested",
    "amount": 2400,
    "refunded_amount": 0,
    "currency": "eur",
    "payment_intent_id": "pi_3NxyzExample",
    "client_secret": "pi_3NxyzExample_secret_abc",
}


@routes.get(
    "/v1/bookings/{booking_id}/payment",
    response_model=Payment,
    responses=shows(200, _EXAMPLE) | waiting(LOCATION),
)
@refuses("payment_not_found", *FOLLOWING, *ASKING)
async def get_payment(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.PAYMENTS_READ])],
    booking_id: UUID,
    nats: Nats,
    follower: Follower,
) -> contract.Payment | Response:
    """The deposit's payment. `requested` without a client secret means: ask again in a moment."""
    try:
        return await call(nats, GetPayment(tenant_id=caller.tenant_id, booking_id=booking_id))
    except Rejected as rejected:
        if rejected.refusal.status != 404:
            raise
    booking = await FOLLOWED.find(follower, caller.tenant_id, booking_id)
    return accepted(booking_id, LOCATION) if booking is None else payment_to_come(booking)


def payment_to_come(booking: Booking) -> contract.Payment:
    """What is shown while billing-service has not heard of the booking yet.

    Raises 404 `payment_not_found` if it needs no deposit.
    """
    if booking.deposit is None:
        raise Problem(404, "This booking needs no payment.", "payment_not_found")
    held = booking.status in (BookingStatus.PENDING_PAYMENT, BookingStatus.PENDING_APPROVAL)
    return contract.Payment(
        id=booking.id,
        booking_id=booking.id,
        status=PaymentStatus.REQUESTED if held else PaymentStatus.CANCELED,
        amount=booking.deposit.amount,
        currency=booking.deposit.currency,
    )
