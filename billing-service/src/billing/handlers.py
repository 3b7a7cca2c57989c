"""What billing-service does about bookings: ask for the deposit, take the offer back, give money back.

Stripe is asked before the transaction, under a key of our own, so that a repetition of the message
finds the first one's effect. What Stripe tells later comes in through `billing.webhooks`.
"""

import structlog

from billing import webhooks
from billing.ledger import Ledger
from billing.model import Payment, Refund, add, payment_of_booking, refund_of_payment
from billing.stripe_events import Verdict
from billing.stripe_gateway import Refused, StripeGateway
from shared.clock import utc_now
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.billing.refunds import RefundReason, RefundRequested
from shared.contracts.booking.bookings import BookingCancelled, BookingExpired, BookingHeld, LatePaymentRefused
from shared.contracts.money import Money
from shared.errors import NotYet, Poison
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction
from shared.runtime.context import Context

log = structlog.get_logger()
handlers = Handlers("billing")


@handlers.on(BookingHeld, name="request-deposit")
async def request_deposit(event: BookingHeld, ctx: Context, stripe: StripeGateway) -> None:
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
    verdicts: list[Verdict] = []
    async with ctx.transaction() as tx:
        if await add(tx.session, payment, unless="payments_booking_id_key"):
            if news is not None:
                tx.emit(news)
            if payment.payment_intent_id is not None:
                verdicts = await webhooks.apply_parked(tx, payment.payment_intent_id, stripe.livemode)
    for verdict in verdicts:
        verdict.count()


@handlers.on(BookingExpired, BookingCancelled, name="cancel-payment")
async def cancel_payment(
    event: BookingExpired | BookingCancelled, ctx: Context, stripe: StripeGateway, ledger: Ledger
) -> None:
    """Take the offer back. Money that came first is told by Stripe and handled as late money."""
    if event.booking.deposit is None:
        return
    offered = await ledger.payment_of_booking(event.tenant_id, event.booking.id)
    if offered is None:
        raise NotYet("the deposit has not been asked for yet")
    unpaid = offered.payable
    if unpaid and offered.payment_intent_id is not None:
        unpaid = await stripe.cancel_intent(offered.payment_intent_id)
    async with ctx.transaction() as tx:
        payment = await payment_of_booking(tx.session, event.tenant_id, event.booking.id)
        if payment is not None and unpaid:
            payment.cancel()


@handlers.on(BookingCancelled, LatePaymentRefused, name="request-refund")
async def request_refund(event: BookingCancelled | LatePaymentRefused, tx: Transaction) -> None:
    """Record that a paid deposit is owed back in full, once (domain-rules §1, "business cancels: always 100%").

    A deposit that is not paid yet when its booking is cancelled comes back as late money, if it comes.
    """
    if event.booking.deposit is None:
        return
    reason = RefundReason.LATE_PAYMENT if isinstance(event, LatePaymentRefused) else RefundReason.CANCELLED
    payment = await payment_of_booking(tx.session, event.tenant_id, event.booking.id)
    if payment is not None and payment.status == PaymentStatus.SUCCEEDED:
        refund = Refund.of(payment, reason)
        if await add(tx.session, refund, unless="refunds_payment_id_key"):
            tx.emit(refund.request(payment))


@handlers.on(RefundRequested, name="issue-refund")
async def issue_refund(event: RefundRequested, ctx: Context, stripe: StripeGateway) -> None:
    """Give the money back. A refusal is final: a person must look at it, and no retry would help."""
    if event.payment_intent_id is None:
        raise Poison("a refund of a payment that Stripe does not know")
    answer = await stripe.refund(
        key=f"refund:{event.refund_id}",
        payment_intent_id=event.payment_intent_id,
        metadata={
            "tenant_id": str(event.tenant_id),
            "booking_id": str(event.booking_id),
            "refund_id": str(event.refund_id),
        },
    )
    async with ctx.transaction() as tx:
        payment = await payment_of_booking(tx.session, event.tenant_id, event.booking_id)
        refund = await refund_of_payment(tx.session, payment) if payment is not None else None
        if payment is None or refund is None:
            raise NotYet("the refund is not on the books")
        news: Event | None
        if isinstance(answer, Refused):
            news = refund.refuse(payment, answer.code)
        else:
            news = refund.accept(payment, answer.status, answer.id, answer.amount, answer.failure_code)
            payment.give_back()
        if news is not None:
            tx.emit(news)
