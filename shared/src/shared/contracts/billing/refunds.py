"""Refunds of payments."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Contract
from shared.contracts.billing.payments import PaymentEvent, PaymentStatus


class RefundReason(StrEnum):
    """Why money goes back."""

    CANCELLED = "cancelled"
    LATE_PAYMENT = "late_payment"
    DASHBOARD = "dashboard"
    """Somebody gave it back in Stripe's dashboard; we only record it."""


class RefundedPayment(Contract):
    """A payment as it stands after one change of its refunds."""

    status: PaymentStatus
    refunded_amount: int
    """All that has gone back of it or is on its way, in minor units of the payment's currency."""
    sequence: int
    """Counts the changes from 1, so that a consumer can tell old news from new."""


class RefundEvent(PaymentEvent):
    """Something happened to a refund of a payment; `amount` is the refund's, which may be a part of the payment's."""

    refund_id: UUID
    reason: RefundReason
    payment: RefundedPayment | None = None
    """None in events of before payments could go back in parts."""


class RefundRequested(RefundEvent):
    """A refund is owed and recorded; Stripe has not been asked yet."""

    TYPE: ClassVar[str] = "billing.refund_requested.v1"


class RefundIssued(RefundEvent):
    """Stripe has accepted the refund."""

    TYPE: ClassVar[str] = "billing.refund_issued.v1"


class RefundSucceeded(RefundEvent):
    """The money has arrived, as far as Stripe knows; a bank may still send it back."""

    TYPE: ClassVar[str] = "billing.refund_succeeded.v1"


class RefundFailed(RefundEvent):
    """Stripe could not give the money back; a person must look at it."""

    TYPE: ClassVar[str] = "billing.refund_failed.v1"

    failure_code: str
