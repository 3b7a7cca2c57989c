"""Time off: what is stored, and when it is on a resource's own clock."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Uuid, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.hours import day_starts, epoch_seconds, epoch_seconds_up
from booking.catalog.model import Resource
from booking.errors import InvalidCommand, TimeOffNotFound
from shared.contracts.booking import calendars as contracts
from shared.contracts.booking.calendars import AddTimeOff
from shared.persistence.database import Base
from shared.zones import zone_of

LONGEST = timedelta(days=1100)
"""How long a time off may be, and how far ahead it may begin: three years."""
LIVE_LIMIT = 2_000
"""How many that are not over a tenant may have: every search reads those that it meets."""
_ZONES_REACH = timedelta(hours=26)
"""No clock on earth shows another date than UTC's for longer than this before or after it."""

OF_TENANTS = """
    SELECT tenant_id, id, resource_ids, starts_at, ends_at, first_date, last_date
    FROM time_off
    WHERE tenant_id = ANY($1::uuid[]) AND removed_at IS NULL AND reaches_at > $2 AND begins_at < $3
"""


class TimeOff(Base):
    """A time in which resources can't be booked, whatever their hours say."""

    __tablename__ = "time_off"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    first_date: Mapped[date | None]
    last_date: Mapped[date | None]
    begins_at: Mapped[datetime]
    """No clock on earth shows its beginning before this."""
    reaches_at: Mapped[datetime]
    """No clock on earth shows its end after this."""
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    settles_after: Mapped[int | None]
    """The transaction before which all must have ended that may not have seen it."""
    settled: Mapped[bool]
    """Whether every booking that was made without a look at it has been found."""

    @classmethod
    def of(cls, command: AddTimeOff, now: datetime) -> Self:
        """What a command asks for. Raises `InvalidCommand` for a time that makes no sense."""
        begins_at, reaches_at = _bounds(command)
        if reaches_at <= now:
            raise InvalidCommand("ends_at" if command.ends_at else "last_date", "is over")
        if begins_at - now > LONGEST:
            raise InvalidCommand(
                "starts_at" if command.starts_at else "first_date", f"must be within {LONGEST.days} days of now"
            )
        if reaches_at - begins_at > LONGEST:
            raise InvalidCommand(
                "ends_at" if command.ends_at else "last_date", f"must be within {LONGEST.days} days of its beginning"
            )
        return cls(
            tenant_id=command.tenant_id,
            id=command.subject_id,
            resource_ids=sorted(set(command.resource_ids)) if command.resource_ids is not None else None,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            first_date=command.first_date,
            last_date=command.last_date,
            begins_at=begins_at,
            reaches_at=reaches_at,
            reason=command.reason,
            created_at=now,
            removed_at=None,
            settles_after=None,
            settled=False,
        )

    def range_on(self, resource_id: UUID, time_zone: str) -> tuple[int, int] | None:
        """When it is on that resource, half-open, in epoch seconds; None if it is not the resource's."""
        return range_on(vars(self), resource_id, time_zone)

    def members(self) -> dict[str, Any]:
        """The members of the contract."""
        return {
            "id": self.id,
            "resource_ids": self.resource_ids,
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "first_date": self.first_date,
            "last_date": self.last_date,
            "reason": self.reason,
            "created_at": self.created_at,
            "removed_at": self.removed_at,
        }

    def snapshot(self) -> contracts.TimeOff:
        """The time off as the other processes see it."""
        return contracts.TimeOff(**self.members())


class TimeOffConflict(Base):
    """A booking that somebody has been told of, because it stands in a time off."""

    __tablename__ = "time_off_conflicts"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    time_off_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)


def range_on(row: Any, resource_id: UUID, time_zone: str) -> tuple[int, int] | None:
    """When a time off (a row of `OF_TENANTS`) is on a resource, half-open, in epoch seconds; None if it is not its."""
    if row["resource_ids"] is not None and resource_id not in row["resource_ids"]:
        return None
    if row["starts_at"] is not None:
        return epoch_seconds(row["starts_at"]), epoch_seconds_up(row["ends_at"])
    zone = zone_of(time_zone)
    return day_starts(zone, row["first_date"]), day_starts(zone, row["last_date"] + timedelta(days=1))


class TimesOff:
    """The times off of some tenants that meet some period, read with one statement."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows: dict[UUID, list[Any]] = {}
        for row in rows:
            self._rows.setdefault(row["tenant_id"], []).append(row)

    @classmethod
    async def load(cls, driver: Any, tenant_ids: Iterable[UUID], start: datetime, end: datetime) -> Self:
        """Those that may meet `[start, end)` on some clock."""
        return cls(await driver.fetch(OF_TENANTS, list(tenant_ids), start, end))

    def of(self, resource: Resource) -> list[tuple[int, int]]:
        """When a resource is off, half-open, in epoch seconds, in no order."""
        rows = self._rows.get(resource.tenant_id)
        if not rows:
            return []
        found = (range_on(row, resource.id, resource.time_zone) for row in rows)
        return [period for period in found if period]

    def meet(self, resource: Resource, start: datetime, end: datetime) -> bool:
        """Whether the resource is off at any time of `[start, end)`."""
        first, last = epoch_seconds(start), epoch_seconds_up(end)
        return any(off_from < last and first < off_to for off_from, off_to in self.of(resource))


def _bounds(command: AddTimeOff) -> tuple[datetime, datetime]:
    """Between which instants it lies, whatever the zone. Raises `InvalidCommand`."""
    dated = command.first_date is not None or command.last_date is not None
    if dated and (command.starts_at or command.ends_at):
        raise InvalidCommand("first_date", "give either starts_at and ends_at, or first_date and last_date")
    if dated:
        first, last = command.first_date, command.last_date
        if first is None or last is None:
            raise InvalidCommand("last_date" if first else "first_date", "is missing: a time in dates has both")
        if last < first:
            raise InvalidCommand("last_date", "must not lie before first_date")
        if not 1970 < first.year <= last.year < 3000:
            raise InvalidCommand("first_date", "must lie in the years 1971 to 2999")
        return _midnight(first) - _ZONES_REACH, _midnight(last + timedelta(days=1)) + _ZONES_REACH
    if command.starts_at is None or command.ends_at is None:
        missing = "ends_at" if command.starts_at else "starts_at"
        raise InvalidCommand(missing, "is missing: give starts_at and ends_at, or first_date and last_date")
    if command.ends_at <= command.starts_at:
        raise InvalidCommand("ends_at", "must lie after starts_at")
    return command.starts_at, command.ends_at


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def locked_time_off(session: AsyncSession, tenant_id: UUID, time_off_id: UUID) -> TimeOff:
    """The time off, locked until the transaction ends. Raises `TimeOffNotFound`."""
    found = await session.get(TimeOff, (tenant_id, time_off_id), with_for_update=True)
    if found is None:
        raise TimeOffNotFound("no such time off")
    return found


async def live_count(session: AsyncSession, tenant_id: UUID, now: datetime) -> int:
    """How many times off the tenant has that are not over."""
    counted = text("""
        SELECT count(*) FROM time_off WHERE tenant_id = :tenant AND removed_at IS NULL AND reaches_at > :now
    """)
    return int((await session.execute(counted, {"tenant": tenant_id, "now": now})).scalar_one())


async def resources_of(session: AsyncSession, time_off: TimeOff) -> list[Resource]:
    """The resources that a time off is about; of those named, the ones that there are."""
    statement = select(Resource).where(Resource.tenant_id == time_off.tenant_id)
    if time_off.resource_ids is not None:
        statement = statement.where(Resource.id.in_(time_off.resource_ids))
    return list(await session.scalars(statement))
