"""What happens when a deposit must go back: it is owed once, and asked of Stripe once.

Stripe is asked before the transaction, under the refund's own key, so that a repetition of the message
finds the first one's effect. How a refund goes on comes in through `billing.refunds.stripe`.
"""

from billing.payments.model import payment_of_booking
from billing.refunds.model import RefundStatus, StripeRefund, refunds_of
from billing.refunds.stripe import REFUND_STATUS
from billing.stripe.client import MadeRefund, Refused, StripeClient
from shared.contracts.billing.refunds import RefundEvent, RefundReason, RefundRequested
from shared.contracts.booking.bookings import BookingCancelled, LatePaymentRefused
from shared.errors import NotYet, Poison
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction
from shared.runtime.context import Context

handlers = Handlers("billing")


@handlers.on(BookingCancelled, LatePaymentRefused, name="request-refund")
async def request_refund(event: BookingCancelled | LatePaymentRefused, tx: Transaction) -> None:
    """Record that what is left of a paid deposit is owed back, once, since it was the business that called it off.

    A deposit that is not paid yet when its booking is cancelled comes back as late money, if it comes.
    """
    if event.booking.deposit is None:
        return
    reason = RefundReason.LATE_PAYMENT if isinstance(event, LatePaymentRefused) else RefundReason.CANCELLED
    payment = await payment_of_booking(tx.session, event.tenant_id, event.booking.id)
    if payment is None:
        return
    refunds = await refunds_of(tx.session, payment)
    if owed := refunds.request(reason):
        tx.session.add_all(refunds.rows)
        tx.emit(owed)


@handlers.on(RefundRequested, name="issue-refund")
async def issue_refund(event: RefundRequested, ctx: Context, stripe: StripeClient) -> None:
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
        refunds = await refunds_of(tx.session, payment) if payment is not None else None
        if refunds is None or refunds.ours is None:
            raise NotYet("the refund is not on the books")
        news: list[RefundEvent]
        if isinstance(answer, Refused):
            refused = refunds.refuse(answer.code)
            news = [refused] if refused else []
        else:
            news = refunds.accept(*(_understood(made) for made in answer))
            if all(made.id != refunds.ours.stripe_refund_id for made in answer):
                refunds.not_needed()
        tx.session.add_all(refunds.rows)
        for event_of_refund in news:
            tx.emit(event_of_refund)


def _understood(made: MadeRefund) -> StripeRefund:
    status = REFUND_STATUS.get(made.status or "", RefundStatus.PENDING)
    return StripeRefund(made.id, status, made.amount, made.failure_code, made.label)
