"""What changes times off."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from booking.calendars.conflicts import conflicts_of, details, new_conflicts
from booking.calendars.model import LIVE_LIMIT, TimeOff, live_count, locked_time_off
from booking.catalog.model import Resource
from booking.errors import InvalidCommand, ResourceNotFound
from shared.clock import utc_now
from shared.contracts.booking import calendars as contracts
from shared.contracts.booking.calendars import AddTimeOff, RemoveTimeOff, TimeOffAdded, TimeOffRemoved
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.command(AddTimeOff)
async def add_time_off(command: AddTimeOff, tx: Transaction) -> contracts.TimeOffDetails:
    """Resources are off for a time. What is booked there stays, and is told."""
    if made := await tx.session.get(TimeOff, (command.tenant_id, command.subject_id)):
        return details(made, await conflicts_of(tx, made))  # by this very command, whose key nobody remembers any more
    now = utc_now()
    time_off = TimeOff.of(command, now)
    if time_off.resource_ids is not None:
        await _check_resources(tx.session, command.tenant_id, time_off.resource_ids)
    if await live_count(tx.session, command.tenant_id, now) >= LIVE_LIMIT:
        raise InvalidCommand("resource_ids", f"there are {LIVE_LIMIT} times off that are not over: remove some first")
    tx.session.add(time_off)
    await tx.session.flush()
    conflicts = await conflicts_of(tx, time_off)
    await new_conflicts(tx, time_off, conflicts)
    tx.emit(
        TimeOffAdded(
            tenant_id=command.tenant_id,
            time_off=time_off.snapshot(),
            conflicts=conflicts.shown,
            conflict_count=conflicts.count,
        )
    )
    return details(time_off, conflicts)


@handlers.command(RemoveTimeOff)
async def remove_time_off(command: RemoveTimeOff, tx: Transaction) -> contracts.TimeOff:
    """The resources can be booked again. Removing twice changes nothing."""
    time_off = await locked_time_off(tx.session, command.tenant_id, command.subject_id)
    if time_off.removed_at is None:
        time_off.removed_at, time_off.settled = utc_now(), True
        await tx.session.flush()
        tx.emit(TimeOffRemoved(tenant_id=command.tenant_id, time_off=time_off.snapshot()))
    return time_off.snapshot()


async def _check_resources(session: AsyncSession, tenant_id: UUID, resource_ids: list[UUID]) -> None:
    statement = select(Resource.id).where(Resource.tenant_id == tenant_id, Resource.id.in_(resource_ids))
    known = set(await session.scalars(statement))
    if missing := [resource_id for resource_id in resource_ids if resource_id not in known]:
        raise ResourceNotFound(f"no such resource: {missing[0]}")
