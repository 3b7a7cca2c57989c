"""Payments: what is stored, and the verbs that move it, forward only.

Stripe tells its facts in any order and more than once, and none of them may be lost. So each status has a
rank, and a verb moves to a higher rank or does nothing: every order of the same facts ends in the same
state. A verb returns the event to announce, or None if there is nothing new. No NATS, no Stripe here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import CHAR, FetchedValue, inspect, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.billing import payments as contracts
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.money import Money
from shared.persistence.database import Base

PAYABLE = (PaymentStatus.REQUESTED, PaymentStatus.FAILED)
"""The states in which the customer can still pay."""
PAYMENT_RANK = {
    PaymentStatus.REQUESTED: 0,
    PaymentStatus.FAILED: 1,
    PaymentStatus.CANCELED: 2,
    PaymentStatus.SUCCEEDED: 3,
    PaymentStatus.PARTIALLY_REFUNDED: 4,
    PaymentStatus.REFUND_PENDING: 4,
    PaymentStatus.REFUNDED: 4,
    PaymentStatus.REFUND_FAILED: 4,
}
"""Once money is to go back the payment follows its refunds, each of which moves forward only by itself."""


class Payment(Base):
    """The deposit of one booking."""

    __tablename__ = "payments"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID]
    status: Mapped[str]
    amount: Mapped[int]
    refunded_amount: Mapped[int]
    """What has gone back or is on its way, in minor units: the sum over its refunds, kept by `billing.refunds`."""
    refund_sequence: Mapped[int]
    """How often its refunds have changed it."""
    currency: Mapped[str] = mapped_column(CHAR(3))
    payment_intent_id: Mapped[str | None]
    client_secret: Mapped[str | None]
    failure_code: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    correlation_id: Mapped[UUID | None]
    """The chain that asked for the payment; what Stripe tells about it later belongs to the same."""
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())

    @classmethod
    def of_booking(
        cls, tenant_id: UUID, booking_id: UUID, version: int, deposit: Money, correlation_id: UUID | None
    ) -> "Payment":
        """A payment for the deposit of a booking's version; the same one every time it is asked for."""
        return cls(
            tenant_id=tenant_id,
            id=uuid5(booking_id, f"payment:{version}"),
            booking_id=booking_id,
            status=PaymentStatus.REQUESTED,
            amount=deposit.amount,
            refunded_amount=0,
            refund_sequence=0,
            currency=deposit.currency,
            correlation_id=correlation_id,
        )

    @property
    def payable(self) -> bool:
        """Whether the customer can still pay."""
        return self.status in PAYABLE

    @property
    def paid(self) -> bool:
        """Whether the money has come, wherever it is by now."""
        return PAYMENT_RANK[PaymentStatus(self.status)] >= PAYMENT_RANK[PaymentStatus.SUCCEEDED]

    @property
    def left(self) -> int:
        """What has come and has not gone back, in minor units."""
        return self.amount - self.refunded_amount if self.paid else 0

    def offer(self, payment_intent_id: str, client_secret: str) -> contracts.PaymentRequested:
        """Stripe holds an intent for it: the customer can pay."""
        self.payment_intent_id, self.client_secret = payment_intent_id, client_secret
        return contracts.PaymentRequested(**self.facts())

    def refuse(self, code: str) -> contracts.PaymentFailed:
        """Stripe refuses to take this payment at all."""
        self.status, self.failure_code = PaymentStatus.FAILED, code
        return contracts.PaymentFailed(**self.facts(), failure_code=code)

    def decline(self, code: str, at: datetime) -> contracts.PaymentFailed | None:
        """An attempt at `at` (UTC, by Stripe's clock) was declined; older news than the last is none."""
        news = self.failed_at is None or at > self.failed_at
        if not (self.payable and news):
            return None
        self.status, self.failure_code, self.failed_at = PaymentStatus.FAILED, code, at
        return contracts.PaymentFailed(**self.facts(), failure_code=code)

    def cancel(self) -> bool:
        """It will not be paid any more. True if that is news."""
        return self._move(PaymentStatus.CANCELED)

    def succeed(self) -> contracts.PaymentSucceeded | None:
        """The money has come."""
        return contracts.PaymentSucceeded(**self.facts()) if self._move(PaymentStatus.SUCCEEDED) else None

    def follow_refunds(self, to: PaymentStatus, refunded_amount: int) -> None:
        """Its refunds stand otherwise than before: `to` is where that leaves it, the amount all that they give back."""
        if not self._move(to):
            self.status = to
        self.refunded_amount = refunded_amount
        self.refund_sequence += 1

    def snapshot(self) -> contracts.Payment:
        """The payment as the API shows it; the client secret only as long as it is of use."""
        return contracts.Payment(
            id=self.id,
            booking_id=self.booking_id,
            status=PaymentStatus(self.status),
            amount=self.amount,
            refunded_amount=self.refunded_amount,
            currency=self.currency,
            payment_intent_id=self.payment_intent_id,
            client_secret=self.client_secret if self.payable else None,
            failure_code=self.failure_code,
        )

    def _move(self, to: PaymentStatus) -> bool:
        if PAYMENT_RANK[to] <= PAYMENT_RANK[PaymentStatus(self.status)]:
            return False
        self.status, self.failure_code, self.failed_at = to, None, None
        return True

    def facts(self) -> dict[str, Any]:
        """What every event about this payment says."""
        return {
            "tenant_id": self.tenant_id,
            "payment_id": self.id,
            "booking_id": self.booking_id,
            "amount": Money(amount=self.amount, currency=self.currency),
            "payment_intent_id": self.payment_intent_id,
        }


async def insert_unless(session: AsyncSession, row: Base, constraint: str) -> bool:
    """Insert a new row; False, and nothing is written, if the constraint knows one already."""
    mapper = inspect(type(row))
    columns = {column.key: getattr(row, column.key) for column in mapper.column_attrs}
    values = {name: value for name, value in columns.items() if value is not None}
    wanted = insert(type(row)).values(values).on_conflict_do_nothing(constraint=constraint)
    return (await session.scalar(wanted.returning(*mapper.primary_key))) is not None


async def payment_of_booking(session: AsyncSession, tenant_id: UUID, booking_id: UUID) -> Payment | None:
    """The payment of a booking, locked until the transaction ends."""
    wanted = select(Payment).where(Payment.tenant_id == tenant_id, Payment.booking_id == booking_id)
    return await session.scalar(wanted.with_for_update())


async def payment_of_intent(session: AsyncSession, payment_intent_id: str) -> Payment | None:
    """The payment that Stripe knows by this intent, whosever it is, locked until the transaction ends.

    Stripe gives an intent's id once. Raises `MultipleResultsFound` rather than guess whose money it is.
    """
    wanted = select(Payment).where(Payment.payment_intent_id == payment_intent_id)
    return (await session.scalars(wanted.with_for_update())).one_or_none()
