"""Refunds: what is stored, and the verbs that move it, forward only, as those of payments do.

No NATS, no Stripe here.
"""

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
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """Stripe made it, but the money did not arrive."""


REFUND_RANK = {
    RefundStatus.REQUESTED: 0,
    RefundStatus.REFUSED: 1,
    RefundStatus.PENDING: 2,
    RefundStatus.SUCCEEDED: 3,
    RefundStatus.FAILED: 4,
}


_OF_PAYMENT = {
    RefundStatus.REQUESTED: PaymentStatus.REFUND_PENDING,
    RefundStatus.REFUSED: PaymentStatus.REFUND_FAILED,
    RefundStatus.PENDING: PaymentStatus.REFUND_PENDING,
    RefundStatus.SUCCEEDED: PaymentStatus.REFUNDED,
    RefundStatus.FAILED: PaymentStatus.REFUND_FAILED,
}
"""What a payment is while its refund stands there."""


class Refund(Base):
    """The one full refund of a payment, ours or made by a person in Stripe's dashboard."""

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

    @classmethod
    def of(cls, payment: Payment, reason: RefundReason) -> "Refund":
        """The refund of a payment; the same one every time it is asked for."""
        return cls(
            tenant_id=payment.tenant_id,
            id=uuid5(payment.id, "refund"),
            payment_id=payment.id,
            status=RefundStatus.REQUESTED,
            reason=reason,
            amount=payment.amount,
        )

    def request(self, payment: Payment) -> RefundRequested:
        """Announce that it is owed."""
        self._lead(payment)
        return RefundRequested(**self._facts(payment))

    def accept(
        self,
        payment: Payment,
        status: RefundStatus,
        stripe_refund_id: str | None = None,
        amount: int | None = None,
        failure_code: str | None = None,
    ) -> list[RefundEvent]:
        """Stripe has made the refund (`pending` or further): take over what is known of it, and say what is new.

        `amount` (minor units) is less than the payment if a part had gone back before.
        """
        if self.stripe_refund_id is None and stripe_refund_id is not None:
            self.stripe_refund_id, self.amount = stripe_refund_id, amount or self.amount
        known = REFUND_RANK[RefundStatus(self.status)]
        if REFUND_RANK[status] <= known:
            return []
        self.status, self.failure_code = status, failure_code
        self._lead(payment)
        if status == RefundStatus.FAILED:
            return [RefundFailed(**self._facts(payment), failure_code=failure_code or "unknown")]
        news: list[RefundEvent] = []
        if known < REFUND_RANK[RefundStatus.PENDING]:
            news.append(RefundIssued(**self._facts(payment)))
        if status == RefundStatus.SUCCEEDED:
            news.append(RefundSucceeded(**self._facts(payment)))
        return news

    def refuse(self, payment: Payment, code: str) -> RefundFailed | None:
        """Stripe refuses to make it, and would again: a person must look at it."""
        if REFUND_RANK[RefundStatus(self.status)] >= REFUND_RANK[RefundStatus.REFUSED]:
            return None
        self.status, self.failure_code = RefundStatus.REFUSED, code
        self._lead(payment)
        return RefundFailed(**self._facts(payment), failure_code=code)

    def _lead(self, payment: Payment) -> None:
        payment.give_back(_OF_PAYMENT[RefundStatus(self.status)])

    def _facts(self, payment: Payment) -> dict[str, Any]:
        return {
            **payment.facts(),
            "amount": Money(amount=self.amount, currency=payment.currency),
            "refund_id": self.id,
            "reason": RefundReason(self.reason),
        }


async def refund_of_payment(session: AsyncSession, payment: Payment) -> Refund | None:
    """The refund of a payment; whoever locks the payment first has it to himself."""
    wanted = select(Refund).where(Refund.tenant_id == payment.tenant_id, Refund.payment_id == payment.id)
    return await session.scalar(wanted)
