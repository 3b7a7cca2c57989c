"""Refunds: what is stored, and the verbs that move it, forward only, as those of payments do.

A payment may go back in several parts, told of in any order. Each refund is a row that moves forward by
itself, and where the payment stands is reckoned from all of them: so the order makes no difference.
No NATS, no Stripe here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import FetchedValue, ForeignKeyConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from billing.payments.model import Payment
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.billing.refunds import (
    RefundedPayment,
    RefundEvent,
    RefundFailed,
    RefundIssued,
    RefundReason,
    RefundRequested,
    RefundSucceeded,
)
from shared.contracts.money import Money
from shared.persistence.database import Base


class RefundStatus(StrEnum):
    """Where a refund stands. It moves forward only."""

    REQUESTED = "requested"
    """Owed and recorded; Stripe has not answered yet."""
    REFUSED = "refused"
    """Stripe refused to make it; somebody may still give the money back in Stripe's dashboard."""
    NOT_NEEDED = "not_needed"
    """All had gone back in Stripe's dashboard before it could be made."""
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Stripe made it, but the money did not arrive."""


REFUND_RANK = {status: rank for rank, status in enumerate(RefundStatus)}
GIVES_BACK = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
"""The states in which a refund's amount is not the business's any more (Stripe's `amount_refunded` counts the same)."""
_FELL_SHORT = (RefundStatus.REFUSED, RefundStatus.FAILED)


class Refund(Base):
    """Money of a payment that goes back: ours, or made by a person in Stripe's dashboard."""

    __tablename__ = "refunds"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "payment_id"], ["payments.tenant_id", "payments.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    status: Mapped[str]
    reason: Mapped[str]
    amount: Mapped[int]
    stripe_refund_id: Mapped[str | None]
    failure_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


@dataclass(frozen=True, slots=True)
class StripeRefund:
    """What Stripe says of a refund: `amount` in minor units, `label` our id in its metadata if it is ours."""

    id: str
    status: RefundStatus
    amount: int
    failure_code: str | None = None
    label: str | None = None


class Refunds:
    """The refunds of one payment, which whoever uses them has locked."""

    def __init__(self, payment: Payment, rows: Sequence[Refund] = ()) -> None:
        """`rows` are all that are on our books."""
        self.payment = payment
        self.rows = list(rows)

    @property
    def ours(self) -> Refund | None:
        """The one that we owe because the booking is off; all others were made in Stripe's dashboard."""
        return next((row for row in self.rows if row.id == self._our_id), None)

    def request(self, reason: RefundReason) -> RefundRequested | None:
        """All that is left is owed back. None if nothing is, or if it is known."""
        if self.ours is not None or self.payment.left == 0:
            return None
        refund = self._add(self._our_id, RefundStatus.REQUESTED, reason, self.payment.left)
        self._reckon()
        return RefundRequested(**self._facts(refund))

    def accept(self, *known: StripeRefund) -> list[RefundEvent]:
        """Stripe has made these refunds: take over how they stand, and say what is new."""
        return [event for theirs in known for event in self._accept(theirs)]

    def refuse(self, code: str) -> RefundFailed | None:
        """Stripe refuses to make ours, and would again: a person must look at it."""
        refund = self.ours
        if refund is None or not self._advance(refund, RefundStatus.REFUSED, code):
            return None
        return RefundFailed(**self._facts(refund), failure_code=code)

    def not_needed(self) -> None:
        """Nothing was left for ours to give back."""
        if self.ours is not None:
            self._advance(self.ours, RefundStatus.NOT_NEEDED, None)

    def _accept(self, theirs: StripeRefund) -> list[RefundEvent]:
        refund = self._row_of(theirs)
        if refund.stripe_refund_id is None:
            refund.stripe_refund_id, refund.amount = theirs.id, theirs.amount
        first = REFUND_RANK[RefundStatus(refund.status)] < REFUND_RANK[RefundStatus.PENDING]
        if not self._advance(refund, theirs.status, theirs.failure_code):
            return []
        if theirs.status == RefundStatus.FAILED:
            return [RefundFailed(**self._facts(refund), failure_code=theirs.failure_code or "unknown")]
        news: list[RefundEvent] = [RefundIssued(**self._facts(refund))] if first else []
        if theirs.status == RefundStatus.SUCCEEDED:
            news.append(RefundSucceeded(**self._facts(refund)))
        return news

    def _row_of(self, theirs: StripeRefund) -> Refund:
        """Ours by our id, any other by Stripe's. One that we did not ask for was made in Stripe's dashboard."""
        for row in self.rows:
            if row.stripe_refund_id == theirs.id:
                return row
        for row in self.rows:
            # Before payments could go back in parts, one made by hand was recorded without Stripe's id at times.
            nameless = row.stripe_refund_id is None and row.id != self._our_id
            if nameless or (row.stripe_refund_id is None and theirs.label == str(row.id)):
                return row
        made_by_hand = uuid5(self.payment.id, f"refund:{theirs.id}")
        return self._add(made_by_hand, RefundStatus.REQUESTED, RefundReason.DASHBOARD, theirs.amount)

    @property
    def _our_id(self) -> UUID:
        return uuid5(self.payment.id, "refund")

    def _add(self, refund_id: UUID, status: RefundStatus, reason: RefundReason, amount: int) -> Refund:
        row = Refund(
            tenant_id=self.payment.tenant_id,
            id=refund_id,
            payment_id=self.payment.id,
            status=status,
            reason=reason,
            amount=amount,
        )
        self.rows.append(row)
        return row

    def _advance(self, refund: Refund, to: RefundStatus, failure_code: str | None) -> bool:
        if REFUND_RANK[to] <= REFUND_RANK[RefundStatus(refund.status)]:
            return False
        refund.status, refund.failure_code = to, failure_code
        self._reckon()
        return True

    def _reckon(self) -> None:
        """Where the payment stands by all its refunds.

        While the news that one has failed is still on its way, the one made in its stead may bring the sum
        above the payment: what counts as gone is never more than came.
        """
        payment, stand = self.payment, {row.status for row in self.rows}
        gone = min(payment.amount, sum(row.amount for row in self.rows if row.status in GIVES_BACK))
        if gone == payment.amount:
            status = PaymentStatus.REFUND_PENDING if RefundStatus.PENDING in stand else PaymentStatus.REFUNDED
        elif RefundStatus.REQUESTED in stand:
            status = PaymentStatus.REFUND_PENDING
        elif stand.intersection(_FELL_SHORT):
            status = PaymentStatus.REFUND_FAILED
        else:
            status = PaymentStatus.PARTIALLY_REFUNDED
        payment.follow_refunds(status, gone)

    def _facts(self, refund: Refund) -> dict[str, Any]:
        payment = self.payment
        return {
            **payment.facts(),
            "amount": Money(amount=refund.amount, currency=payment.currency),
            "refund_id": refund.id,
            "reason": RefundReason(refund.reason),
            "payment": RefundedPayment(
                status=PaymentStatus(payment.status),
                refunded_amount=payment.refunded_amount,
                sequence=payment.refund_sequence,
            ),
        }


async def refunds_of(session: AsyncSession, payment: Payment) -> Refunds:
    """The refunds of a payment that is locked: nobody else changes them meanwhile."""
    wanted = select(Refund).where(Refund.tenant_id == payment.tenant_id, Refund.payment_id == payment.id)
    return Refunds(payment, (await session.scalars(wanted)).all())
