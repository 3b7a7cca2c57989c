"""What can be asked about holds."""

from booking.errors import HoldNotFound
from booking.holds.model import Hold
from shared.contracts.booking import holds as contracts
from shared.contracts.booking.holds import GetHold
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.query(GetHold)
async def get_hold(query: GetHold, tx: Transaction) -> contracts.Hold:
    """One hold."""
    hold = await tx.session.get(Hold, (query.tenant_id, query.hold_id))
    if hold is None:
        raise HoldNotFound("no such hold")
    return hold.snapshot()
