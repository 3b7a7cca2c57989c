"""What Stripe tells about money that goes back, and what it moves (Stripe API reference, "The Refund object")."""

from billing.payments.model import Payment
from billing.payments.stripe import PaymentObject, announce, by_intent
from billing.refunds.model import RefundStatus, StripeRefund, refunds_of
from billing.stripe.dispatch import Notice, StripeEffects
from billing.stripe.events import APPLIED, NOTHING_NEW, EventState, Verdict

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
    """Money that has moved."""

    payment_intent: str | None = None

    @property
    def intent_id(self) -> str | None:
        """The intent that it was paid through."""
        return self.payment_intent


class RefundObject(PaymentObject):
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
async def charge_refunded(payment: Payment, _charge: Charge, notice: Notice) -> Verdict:
    """Some of the money goes back, so it had come. Which refund it was, and how it goes on, its own events tell.

    Its sum is not taken over: a refund that fails lowers it, so that older and newer news can't be told apart.
    """
    return APPLIED if announce(notice.tx, payment, payment.succeed()) else NOTHING_NEW


@effects.on(*REFUND_MOVED, reads=RefundObject, finds=by_intent)
async def refund_moved(payment: Payment, theirs: RefundObject, notice: Notice) -> Verdict:
    """A refund of ours, known by our id in its metadata, or one made in Stripe's dashboard, of the whole or a part."""
    status = REFUND_STATUS.get(theirs.status or "")
    if status is None:
        return Verdict(EventState.QUARANTINED, "unknown_refund_status")
    paid = payment.succeed()  # money goes back: so it had come, whether or not that was told before
    refunds = await refunds_of(notice.tx.session, payment)
    moved = refunds.accept(
        StripeRefund(theirs.id, status, theirs.amount, theirs.failure_reason, theirs.label("refund_id"))
    )
    notice.tx.session.add_all(refunds.rows)
    return APPLIED if announce(notice.tx, payment, paid, *moved) else NOTHING_NEW
