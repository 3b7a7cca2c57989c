"""What can be asked about times off."""

from sqlalchemy import or_, select

from booking.calendars.conflicts import SHOWN, Conflicts, conflicts_of, details
from booking.calendars.model import TimeOff
from booking.errors import TimeOffNotFound
from shared.contracts.booking import calendars as contracts
from shared.contracts.booking.calendars import GetTimeOff, ListTimeOff, TimeOffList
from shared.messaging.handlers import Handlers
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.query(GetTimeOff)
async def get_time_off(query: GetTimeOff, tx: Transaction) -> contracts.TimeOffDetails:
    """One time off, with the bookings that stand in it now."""
    time_off = await tx.session.get(TimeOff, (query.tenant_id, query.time_off_id))
    if time_off is None:
        raise TimeOffNotFound("no such time off")
    if time_off.removed_at:
        return details(time_off, Conflicts([], 0))
    return details(time_off, await conflicts_of(tx, time_off, SHOWN))


@handlers.query(ListTimeOff)
async def list_time_off(query: ListTimeOff, tx: Transaction) -> TimeOffList:
    """A page of times off, newest first; what is removed is left out."""
    statement = select(TimeOff).where(TimeOff.tenant_id == query.tenant_id, TimeOff.removed_at.is_(None))
    if query.resource_id is not None:
        own = TimeOff.resource_ids.contains([query.resource_id])
        statement = statement.where(or_(TimeOff.resource_ids.is_(None), own))
    if query.ends_from is not None:
        statement = statement.where(TimeOff.reaches_at > query.ends_from)
    if query.starts_to is not None:
        statement = statement.where(TimeOff.begins_at < query.starts_to)
    rows, cursor = await page_of(tx.session, statement, TimeOff, query)
    found, cursor = cut_to_size([time_off.snapshot() for time_off in rows], cursor, query)
    return TimeOffList(time_off=found, next_cursor=cursor)
