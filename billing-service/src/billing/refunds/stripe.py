"""What Stripe tells about money that goes back, and what it moves (Stripe API reference, "The Refund object")."""

from sqlalchemy.ext.asyncio import AsyncSession

from billing.payments.model import Payment
from billing.payments.stripe import PaymentObject, announce, by_intent
from billing.refunds.model import Refund, RefundStatus, refund_of_payment
from billing.stripe.dispatch import Notice, StripeEffects
from billing.stripe.events import APPLIED, NOTHING_NEW, EventState, Verdict
from shared.contracts.billing.refunds import RefundReason

effects = StripeEffects()

REFUND_STATUS = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
"""Stripe's words for where a refund stands, in ours."""


REFUND_MOVED = ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated")
"""Endpoints made before October 2024 are told by the last alone; the object is the same."""


class Charge(PaymentObject):
    """Money that has moved. `refunded` says that all of it has gone back."""

    payment_intent: str | None = None
    refunded: bool

    @property
    def intent_id(self) -> str | None:
        """The intent that it was paid through."""
        return self.payment_intent


class StripeRefund(PaymentObject):
    """Money that goes back; `status` in Stripe's words."""

    PARTIAL = True

    payment_intent: str | None = None
    status: str | None
    failure_reason: str | None = None

    @property
    def intent_id(self) -> str | None:
        """The intent whose money goes back."""
        return self.payment_intent


@effects.on("charge.refunded", reads=Charge, finds=by_intent)
async def charge_refunded(payment: Payment, charge: Charge, notice: Notice) -> Verdict:
    """Says that all has gone back, not by which refund: the refund's own events tell that."""
    if not charge.refunded:
        return Verdict(EventState.QUARANTINED, "partial_refund")
    refund = await _refund_of(notice.tx.session, payment)
    return _accept(payment, refund, RefundStatus.PENDING, None, notice)


@effects.on(*REFUND_MOVED, reads=StripeRefund, finds=by_intent)
async def refund_moved(payment: Payment, theirs: StripeRefund, notice: Notice) -> Verdict:
    """A refund of ours, known by our id in its metadata, or a whole one made in Stripe's dashboard."""
    status = REFUND_STATUS.get(theirs.status or "")
    if status is None:
        return Verdict(EventState.QUARANTINED, "unknown_refund_status")
    refund = await refund_of_payment(notice.tx.session, payment)
    ours = refund is not None and (theirs.id == refund.stripe_refund_id or theirs.label("refund_id") == str(refund.id))
    if not ours and refund is not None and refund.stripe_refund_id is not None:
        return Verdict(EventState.QUARANTINED, "second_refund")
    if not ours and theirs.amount != payment.amount:
        return Verdict(EventState.QUARANTINED, "partial_refund")
    refund = refund or await _refund_of(notice.tx.session, payment)
    return _accept(payment, refund, status, theirs, notice)


async def _refund_of(session: AsyncSession, payment: Payment) -> Refund:
    """The payment's refund; one that we did not ask for was made by a person in Stripe's dashboard."""
    refund = await refund_of_payment(session, payment)
    if refund is None:
        refund = Refund.of(payment, RefundReason.DASHBOARD)
        session.add(refund)
    return refund


def _accept(
    payment: Payment, refund: Refund, status: RefundStatus, theirs: StripeRefund | None, notice: Notice
) -> Verdict:
    """Money goes back: so it had come, whether or not that was told before."""
    paid = payment.succeed()
    known = (theirs.id, theirs.amount, theirs.failure_reason) if theirs else (None, None, None)
    before = payment.status
    moved = refund.accept(payment, status, *known)
    return APPLIED if announce(notice.tx, payment, paid, *moved) or payment.status != before else NOTHING_NEW
