"""What happens to times off by the clock: the bookings are found that were made in the moment they were added."""

from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, literal_column, or_, select, update

from booking.calendars.conflicts import conflicts_of, new_conflicts
from booking.calendars.model import TimeOff
from shared.clock import utc_now
from shared.contracts.booking.calendars import TimeOffConflictFound
from shared.persistence.transaction import EVERY_TENANT, Transaction
from shared.runtime.service import ServiceRuntime

BATCH = 20
AT_THE_LATEST = timedelta(hours=1)
"""A transaction's number of another life of the database means nothing: after this time none is waited for."""

_OLDEST_UNDER_WAY = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
_NEXT = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger)


def schedule(service: ServiceRuntime) -> None:
    """Let a service do this work."""

    async def settle_time_off() -> None:
        async with service.context().transaction(EVERY_TENANT) as tx:
            await _settle(tx)

    service.every(1, "settle-time-off", settle_time_off)


async def _settle(tx: Transaction) -> None:
    """Announce what was booked by those who could not see a time off yet, once none of them is under way any more.

    A booking's transaction writes (it claims its command) before it reads what is off, so it has a number by then. The
    first look at a time off that others see notes the number after all of them; once every number before that is
    done, the list of its conflicts is complete.
    """
    due = or_(TimeOff.settles_after <= _OLDEST_UNDER_WAY, TimeOff.created_at < utc_now() - AT_THE_LATEST)
    statement: Any = select(TimeOff).where(~TimeOff.settled, due).order_by(TimeOff.created_at).limit(BATCH)
    for time_off in await tx.session.scalars(statement.with_for_update(skip_locked=True)):
        for conflict in await new_conflicts(tx, time_off, await conflicts_of(tx, time_off)):
            tx.emit(TimeOffConflictFound(tenant_id=time_off.tenant_id, time_off=time_off.snapshot(), conflict=conflict))
        time_off.settled = True
    noted = update(TimeOff).where(~TimeOff.settled, TimeOff.settles_after.is_(None))
    await tx.session.execute(noted.values(settles_after=_NEXT).execution_options(synchronize_session=False))
