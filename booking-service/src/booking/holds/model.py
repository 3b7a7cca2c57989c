"""Holds: what is stored, and the verbs that change them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.hours import local_time
from booking.catalog.model import Resource, Service
from booking.errors import HoldClosed, HoldExtendedBefore, HoldNotFound
from shared.contracts.booking import holds as contracts
from shared.contracts.booking.bookings import BookedResource
from shared.contracts.booking.holds import CreateHold, HoldStatus
from shared.persistence.database import Base

LIVE_LIMIT = 500
"""How many holds a tenant may have at once: a page that holds without booking must not close a calendar."""


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How long a slot is held: for its deposit, or before it is booked."""

    minutes: int

    def until(self, since: datetime, starts_at: datetime) -> datetime:
        """When a hold from then on ends: by the start of what is held, or money would be taken for what has begun."""
        return min(since + timedelta(minutes=self.minutes), starts_at)


class Hold(Base):
    """A slot that is kept for a while."""

    __tablename__ = "holds"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    service_id: Mapped[UUID]
    service_name: Mapped[str]
    resources: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    """Id and name of each resource that it takes, the first one first."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    time_zone: Mapped[str]
    expires_at: Mapped[datetime]
    extended: Mapped[bool]
    booking_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    @classmethod
    def of(
        cls, command: CreateHold, service: Service, resources: list[Resource], now: datetime, holds: HoldPolicy
    ) -> "Hold":
        """The hold that a command makes of the resources that it got."""
        return cls(
            tenant_id=command.tenant_id,
            id=command.subject_id,
            status=HoldStatus.HELD,
            service_id=service.id,
            service_name=service.name,
            resources=[{"id": str(resource.id), "name": resource.name} for resource in resources],
            starts_at=command.starts_at,
            ends_at=service.rules.ends_at(command.starts_at),
            time_zone=resources[0].time_zone,
            expires_at=holds.until(now, command.starts_at),
            extended=False,
            booking_id=None,
            created_at=now,
        )

    def check_live(self, now: datetime) -> None:
        """Raises `HoldClosed` if it keeps its slot no more: booked, released, or its time is over."""
        if self.status != HoldStatus.HELD or self.expires_at <= now:
            status = self.status if self.status != HoldStatus.HELD else HoldStatus.EXPIRED
            raise HoldClosed(f"the hold is {status}", {"hold_status": str(status)})

    def extend(self, now: datetime, holds: HoldPolicy) -> None:
        """Keep the slot for once more the time. Raises `HoldClosed`, or `HoldExtendedBefore` the second time."""
        self.check_live(now)
        if self.extended:
            raise HoldExtendedBefore("a hold is extended once")
        self.expires_at, self.extended = holds.until(self.expires_at, self.starts_at), True

    def release(self, now: datetime) -> bool:
        """Let the slot go. Whether that changes anything; raises `HoldClosed` if it is booked or its time is over."""
        if self.status == HoldStatus.RELEASED:
            return False
        self.check_live(now)
        self.status = HoldStatus.RELEASED
        return True

    def book(self, booking_id: UUID) -> None:
        """It has become a booking."""
        self.status, self.booking_id = HoldStatus.BOOKED, booking_id

    @property
    def taken(self) -> list[Resource]:
        """The resources that it takes, with as much of them as a booking keeps."""
        return [
            Resource(tenant_id=self.tenant_id, id=UUID(r["id"]), name=r["name"], time_zone=self.time_zone)
            for r in self.resources
        ]

    def snapshot(self) -> contracts.Hold:
        """The hold as the other processes see it."""
        resources = [BookedResource(id=UUID(r["id"]), name=r["name"]) for r in self.resources]
        return contracts.Hold(
            id=self.id,
            status=HoldStatus(self.status),
            service_id=self.service_id,
            service_name=self.service_name,
            resource_id=resources[0].id,
            resource_name=resources[0].name,
            resources=resources,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            local_start=local_time(self.starts_at, self.time_zone),
            time_zone=self.time_zone,
            expires_at=self.expires_at,
            extended=self.extended,
            booking_id=self.booking_id,
            created_at=self.created_at,
        )


_FORGET = """
    WITH gone AS (
        DELETE FROM holds WHERE (tenant_id, id) IN (
            SELECT tenant_id, id FROM holds WHERE status <> 'held' AND expires_at < $1 LIMIT $2)
        RETURNING tenant_id, id),
    places AS (
        DELETE FROM allocations a USING gone WHERE a.tenant_id = gone.tenant_id AND a.owner_id = gone.id)
    SELECT count(*) FROM gone
"""


async def locked_hold(session: AsyncSession, tenant_id: UUID, hold_id: UUID) -> Hold:
    """The hold, locked until the transaction ends. Raises `HoldNotFound`."""
    hold = await session.get(Hold, (tenant_id, hold_id), with_for_update=True)
    if hold is None:
        raise HoldNotFound("no such hold")
    return hold


async def locked_holds(session: AsyncSession, keys: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Hold]:
    """The holds of these tenants and ids, locked in order; those that are not there are missing."""
    wanted = select(Hold).where(tuple_(Hold.tenant_id, Hold.id).in_(list(keys)))
    found = await session.scalars(wanted.order_by(Hold.tenant_id, Hold.id).with_for_update())
    return {(hold.tenant_id, hold.id): hold for hold in found}


async def live_count(session: AsyncSession, tenant_id: UUID) -> int:
    """How many holds the tenant has."""
    counted: Any = select(func.count()).where(Hold.tenant_id == tenant_id, Hold.status == HoldStatus.HELD)
    return int((await session.execute(counted)).scalar_one())


async def forget_ended(driver: Any, before: datetime, limit: int) -> int:
    """Delete holds whose time was over by then, with their places, as the system role; returns how many."""
    return int(await driver.fetchval(_FORGET, before, limit))
