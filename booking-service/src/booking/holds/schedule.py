"""What happens to holds by the clock: they end, and are forgotten after a while."""

from datetime import timedelta

from sqlalchemy import select

from booking.allocations.model import forget_returned
from booking.holds.model import Hold, forget_ended
from shared.clock import utc_now
from shared.contracts.booking.holds import HoldExpired, HoldStatus
from shared.persistence.pruning import BATCH as PRUNED
from shared.persistence.pruning import prune_in_batches
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

BATCH = 200
PLACES_KEPT = timedelta(days=1)
"""How long places that went back are kept, for whoever looks into what has happened."""
ENDED_KEPT = timedelta(days=30)
"""How long holds are kept after their time."""


def schedule(service: ServiceRuntime) -> None:
    """Let a service do this work."""

    async def end_holds() -> None:
        due = select(Hold).where(Hold.status == HoldStatus.HELD, Hold.expires_at < utc_now())
        async with service.context().transaction(EVERY_TENANT) as tx:
            claimed = due.order_by(Hold.expires_at).limit(BATCH).with_for_update(skip_locked=True)
            for hold in await tx.session.scalars(claimed):
                hold.status = HoldStatus.EXPIRED
                tx.emit(HoldExpired(tenant_id=hold.tenant_id, hold=hold.snapshot()))

    async def forget_some() -> int:
        now = utc_now()
        async with service.context().transaction(EVERY_TENANT) as tx:
            gone = await forget_returned(tx.driver, now - PLACES_KEPT, PRUNED)
            return max(gone, await forget_ended(tx.driver, now - ENDED_KEPT, PRUNED))

    async def forget_holds() -> None:
        await prune_in_batches(forget_some)

    service.every(1, "end-holds", end_holds)
    service.every(60, "forget-holds", forget_holds)
