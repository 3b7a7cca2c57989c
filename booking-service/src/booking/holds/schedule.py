"""What happens to holds by the clock: they end, and are forgotten after a while."""

from sqlalchemy import select

from booking.holds.model import Hold
from shared.clock import utc_now
from shared.contracts.booking.holds import HoldExpired, HoldStatus
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

BATCH = 200


def schedule(service: ServiceRuntime) -> None:
    """Let a service do this work."""

    async def end_holds() -> None:
        due = select(Hold).where(Hold.status == HoldStatus.HELD, Hold.expires_at < utc_now())
        async with service.context().transaction(EVERY_TENANT) as tx:
            claimed = due.order_by(Hold.expires_at).limit(BATCH).with_for_update(skip_locked=True)
            for hold in await tx.session.scalars(claimed):
                hold.status = HoldStatus.EXPIRED
                tx.emit(HoldExpired(tenant_id=hold.tenant_id, hold=hold.snapshot()))

    service.every(1, "end-holds", end_holds)
