"""Queries that billing-service answers."""

from sqlalchemy import select

from billing.model import Payment, PaymentNotFound
from shared.contracts.billing import payments as contracts
from shared.contracts.billing.payments import GetPayment
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("billing")


@handlers.query(GetPayment)
async def get_payment(query: GetPayment, tx: Transaction) -> contracts.Payment:
    """The payment of a booking. Raises `PaymentNotFound` while there is none."""
    wanted = select(Payment).where(Payment.tenant_id == query.tenant_id, Payment.booking_id == query.booking_id)
    payment = await tx.session.scalar(wanted)
    if payment is None:
        raise PaymentNotFound("this booking has no payment")
    return payment.snapshot()
