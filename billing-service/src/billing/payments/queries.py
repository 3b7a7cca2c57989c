"""What can be asked about payments: by other services, and by our own handlers before they ask Stripe."""

from uuid import UUID

from sqlalchemy import Select, select

from billing.errors import PaymentNotFound
from billing.payments.model import Payment
from shared.contracts.billing import payments as contracts
from shared.contracts.billing.payments import GetPayment
from shared.messaging.handlers import Handlers
from shared.persistence.database import Database
from shared.persistence.transaction import Transaction, transaction

handlers = Handlers("billing")


@handlers.query(GetPayment)
async def get_payment(query: GetPayment, tx: Transaction) -> contracts.Payment:
    """The payment of a booking. Raises `PaymentNotFound` while there is none."""
    payment = await tx.session.scalar(_of_booking(query.tenant_id, query.booking_id))
    if payment is None:
        raise PaymentNotFound("this booking has no payment")
    return payment.snapshot()


class PaymentReader:
    """Reads payments apart from a handler's transaction, in which they may have moved on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_booking(self, tenant_id: UUID, booking_id: UUID) -> Payment | None:
        """The payment of a booking as it stands now, unlocked and detached."""
        async with transaction(self._database, {tenant_id}, committed=lambda _: None) as tx:
            return await tx.session.scalar(_of_booking(tenant_id, booking_id))


def _of_booking(tenant_id: UUID, booking_id: UUID) -> Select[Payment]:
    return select(Payment).where(Payment.tenant_id == tenant_id, Payment.booking_id == booking_id)
