"""What happens to payments when bookings are held and end: the deposit is asked for, the offer is taken back.

Stripe is asked before the transaction, under a key of our own, so that a repetition of the message
finds the first one's effect. What Stripe tells later comes in through `billing.payments.stripe`.
"""

import structlog

from billing.payments.model import Payment, insert_unless, payment_of_booking
from billing.payments.queries import PaymentReader
from billing.stripe.client import Refused, StripeClient
from billing.stripe.dispatch import StripeDispatch
from shared.clock import utc_now
from shared.contracts.base import Event
from shared.contracts.booking.bookings import BookingCancelled, BookingExpired, BookingHeld, BookingStatus
from shared.contracts.money import Money
from shared.errors import NotYet, Poison
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context

log = structlog.get_logger()
handlers = Handlers("billing")


@handlers.on(BookingHeld, name="request-deposit")
async def request_deposit(event: BookingHeld, ctx: Context, stripe: StripeClient, dispatch: StripeDispatch) -> None:
    """Offer the deposit for payment. A hold that is over already gets a payment that is canceled from the start.

    Unless an earlier try at this very message got as far as Stripe and no further: then what it made is taken back.
    """
    booking = event.booking
    if booking.deposit is None:
        raise Poison("a hold without a deposit")
    deposit = Money(amount=booking.deposit.amount, currency=booking.deposit.currency)
    payment = Payment.of_booking(event.tenant_id, booking.id, event.version, deposit, event.correlation_id)
    news: Event | None = None
    if booking.hold_expires_at is not None and booking.hold_expires_at <= utc_now():
        log.info("deposit_not_requested", booking_id=str(booking.id), reason="hold expired")
        left = await stripe.find_intent(str(payment.id), event.occurred_at)
        if left is not None:
            payment.offer(left.id, left.client_secret)
        if left is None or await stripe.cancel_intent(left.id):
            payment.cancel()
    else:
        answer = await stripe.create_intent(
            key=f"pi:{booking.id}:{event.version}",
            amount=deposit,
            description=f"Deposit: {booking.service_name}, {booking.business_name}",
            metadata={
                "tenant_id": str(event.tenant_id),
                "booking_id": str(booking.id),
                "payment_id": str(payment.id),
            },
            asked_at=event.occurred_at,
        )
        news = (
            payment.refuse(answer.code)
            if isinstance(answer, Refused)
            else payment.offer(answer.id, answer.client_secret)
        )
    async with ctx.transaction(EVERY_TENANT) as tx:  # Stripe's events, the parked ones too, name no tenant
        if await insert_unless(tx.session, payment, "payments_booking_id_key"):
            if news is not None:
                tx.emit(news)
            if payment.payment_intent_id is not None:
                await dispatch.apply_parked(tx, payment.payment_intent_id)


@handlers.on(BookingExpired, BookingCancelled, name="cancel-payment")
async def cancel_payment(
    event: BookingExpired | BookingCancelled, ctx: Context, stripe: StripeClient, payments: PaymentReader
) -> None:
    """Take the offer back. Money that came first is told by Stripe and handled as late money."""
    if event.booking.deposit is None or _was_never_held(event):
        return
    offered = await payments.of_booking(event.tenant_id, event.booking.id)
    if offered is None:
        raise NotYet("the deposit has not been asked for yet")
    unpaid = offered.payable
    if unpaid and offered.payment_intent_id is not None:
        unpaid = await stripe.cancel_intent(offered.payment_intent_id)
    async with ctx.transaction() as tx:
        payment = await payment_of_booking(tx.session, event.tenant_id, event.booking.id)
        if payment is not None and unpaid:
            payment.cancel()


def _was_never_held(event: BookingExpired | BookingCancelled) -> bool:
    """Whether it was called off before the business had said that it takes it: no deposit was asked for."""
    return event.previous is not None and event.previous.status is BookingStatus.PENDING_APPROVAL
