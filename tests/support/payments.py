"""Payments and refunds as billing keeps them, for every test that needs one."""

from uuid import UUID, uuid4

from billing.payments.model import Payment
from billing.refunds.model import Refunds, RefundStatus, StripeRefund
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.money import Money

BOOKING = UUID("0197a1b2-0000-7000-8000-000000000001")


def a_payment(status: PaymentStatus = PaymentStatus.REQUESTED, booking_id: UUID = BOOKING) -> Payment:
    """The deposit of 25.00 EUR that has been offered to the customer."""
    payment = Payment.of_booking(uuid4(), booking_id, 1, Money(amount=2500, currency="eur"), None)
    payment.offer("pi_1", "pi_1_secret_x")
    payment.status = status
    return payment


def owed_refunds(payment: Payment) -> Refunds:
    """The refunds of a payment whose booking was cancelled: all of it is owed."""
    refunds = Refunds(payment)
    assert refunds.request(RefundReason.CANCELLED) is not None
    return refunds


def at_stripe(refund_id: str, amount: int, status: RefundStatus = RefundStatus.SUCCEEDED) -> StripeRefund:
    """A refund that a person made in Stripe's dashboard; `amount` in minor units."""
    failure = "lost_or_stolen_card" if status is RefundStatus.FAILED else None
    return StripeRefund(refund_id, status, amount, failure)
