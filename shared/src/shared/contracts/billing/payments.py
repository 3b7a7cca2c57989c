"""Deposits as payments: how they look, and what has happened to them."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Contract, Event, Query
from shared.contracts.money import Money


class PaymentStatus(StrEnum):
    """Where a payment stands. It moves forward only, in whatever order the news comes."""

    REQUESTED = "requested"
    FAILED = "failed"
    """The last attempt was declined; the customer may try again."""
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"
    PARTIALLY_REFUNDED = "partially_refunded"
    """A part of it has gone back or is on its way, the rest is kept: somebody gave it back in Stripe's dashboard."""
    REFUND_PENDING = "refund_pending"
    """All of it is to go back, or is on its way."""
    REFUNDED = "refunded"
    """All of it has gone back, as far as Stripe knows."""
    REFUND_FAILED = "refund_failed"
    """A refund failed, and something is left that it was to give back: a person must look at it."""


class Payment(Contract):
    """A deposit on its way, as the API shows it. `client_secret` is for the customer's browser only."""

    id: UUID
    booking_id: UUID
    status: PaymentStatus
    amount: int
    refunded_amount: int = 0
    """What of `amount` has gone back or is on its way, in minor units; what is left is the difference."""
    currency: str
    payment_intent_id: str | None = None
    client_secret: str | None = None
    failure_code: str | None = None


class PaymentEvent(Event):
    """Something happened to the payment of one booking. Never carries the client secret."""

    payment_id: UUID
    booking_id: UUID
    amount: Money
    payment_intent_id: str | None = None


class PaymentRequested(PaymentEvent):
    """Stripe holds a PaymentIntent for the deposit; the customer can pay."""

    TYPE: ClassVar[str] = "billing.payment_requested.v1"


class PaymentSucceeded(PaymentEvent):
    """The deposit has been paid."""

    TYPE: ClassVar[str] = "billing.payment_succeeded.v1"


class PaymentFailed(PaymentEvent):
    """An attempt was declined, or Stripe refused the payment for good; the hold runs on until it expires."""

    TYPE: ClassVar[str] = "billing.payment_failed.v1"

    failure_code: str


class GetPayment(Query[Payment]):
    """The payment of a booking. Refused `not_found` while there is none."""

    TYPE: ClassVar[str] = "rpc.billing.get_payment.v1"

    booking_id: UUID
