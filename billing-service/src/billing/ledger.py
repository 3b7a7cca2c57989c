"""What billing's books say before Stripe is asked: read on its own, apart from a handler's transaction."""

from uuid import UUID

from sqlalchemy import select

from billing.model import Payment
from shared.persistence.database import Database
from shared.persistence.transaction import transaction


class Ledger:
    """Reads payments. What it shows may have moved on by the time the handler's transaction begins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def payment_of_booking(self, tenant_id: UUID, booking_id: UUID) -> Payment | None:
        """The payment of a booking as it stands now, unlocked and detached."""
        wanted = select(Payment).where(Payment.tenant_id == tenant_id, Payment.booking_id == booking_id)
        async with transaction(self._database, {tenant_id}, committed=lambda _: None) as tx:
            return await tx.session.scalar(wanted)
