"""Questions that billing-service answers."""

from sqlalchemy import select

from billing.model import Payment, PaymentNotFound
from shared.contracts import billing as contracts
from shared.contracts.billing import GetPayment
from shared.messaging.rpc import Questions
from shared.service.context import Context

questions = Questions("billing")


@questions.answers(GetPayment)
async def get_payment(query: GetPayment, ctx: Context) -> contracts.Payment:
    """The payment of a booking. Raises `PaymentNotFound` while there is none."""
    wanted = select(Payment).where(Payment.tenant_id == query.tenant_id, Payment.booking_id == query.booking_id)
    async with ctx.transaction() as tx:
        payment = await tx.session.scalar(wanted)
    if payment is None:
        raise PaymentNotFound("this booking has no payment")
    return payment.snapshot()
