"""The catalog: services, resources, and which resource offers which service."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.hours import OpeningHours, WeeklyWindow, check_weekly_hours
from booking.catalog.rules import SlotRules
from booking.errors import Archived, InvalidCommand, ResourceNotFound, ServiceNotFound, VersionConflict
from shared.contracts.booking import catalog as contracts
from shared.contracts.money import Money, rules_of
from shared.persistence.database import Base
from shared.zones import zone_of

OVERRIDES_LIMIT = 400
OVERRIDES_WITHIN_DAYS = 1100
"""Dates with hours of their own that a resource may have, and how far ahead: three years, as far as anybody books."""


class Versioned:
    """What the things of the catalog have in common: versions, and an archive."""

    version: Mapped[int]
    archived_at: Mapped[datetime | None]

    def check(self, expected_versions: list[int] | None) -> None:
        """Raises `VersionConflict` if the thing is at none of these versions; None is any."""
        if expected_versions is not None and self.version not in expected_versions:
            raise VersionConflict(f"it is at version {self.version}", {"version": self.version})

    def change(self, **members: Any) -> bool:
        """Give it these members. Whether that changes anything; if so, it is another version."""
        changed = {name: value for name, value in members.items() if getattr(self, name) != value}
        for name, value in changed.items():
            setattr(self, name, value)
        self.version += bool(changed)
        return bool(changed)

    def archive(self, at: datetime | None) -> bool:
        """Put it away since that moment, or with None bring it back. Whether that changes anything."""
        return (self.archived_at is None) != (at is None) and self.change(archived_at=at)


class Service(Versioned, Base):
    """Something a business sells by appointment."""

    __tablename__ = "services"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    duration_minutes: Mapped[int]
    price_amount: Mapped[int]
    price_currency: Mapped[str] = mapped_column(CHAR(3))
    buffer_before_minutes: Mapped[int]
    buffer_after_minutes: Mapped[int]
    deposit_percent: Mapped[int]
    minimum_notice_minutes: Mapped[int]
    horizon_days: Mapped[int]
    slot_step_minutes: Mapped[int]
    requires: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    """What a booking takes, as in the contract; None: one of the resources that offer it."""
    approval_minutes: Mapped[int]
    price_version: Mapped[int]
    created_at: Mapped[datetime]

    @property
    def rules(self) -> SlotRules:
        """What the service asks of a start time."""
        return SlotRules(
            duration_minutes=self.duration_minutes,
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            minimum_notice_minutes=self.minimum_notice_minutes,
            horizon_days=self.horizon_days,
            slot_step_minutes=self.slot_step_minutes,
        )

    @property
    def deposit_amount(self) -> int:
        """The deposit in minor units (docs/domain/deposits.md), 0 if none is asked for."""
        return rules_of(self.price_currency).deposit(self.price_amount, self.deposit_percent)

    def snapshot(self) -> contracts.Service:
        """The service as the other processes see it."""
        deposit = self.deposit_amount
        return contracts.Service(
            id=self.id,
            name=self.name,
            duration_minutes=self.duration_minutes,
            price=Money(amount=self.price_amount, currency=self.price_currency),
            buffer_before_minutes=self.buffer_before_minutes,
            buffer_after_minutes=self.buffer_after_minutes,
            deposit_percent=self.deposit_percent,
            deposit=Money(amount=deposit, currency=self.price_currency) if deposit else None,
            minimum_notice_minutes=self.minimum_notice_minutes,
            horizon_days=self.horizon_days,
            slot_step_minutes=self.slot_step_minutes,
            requires=[contracts.Requirement(**needed) for needed in self.requires] if self.requires else None,
            approval_minutes=self.approval_minutes,
            version=self.version,
            price_version=self.price_version,
            archived_at=self.archived_at,
            created_at=self.created_at,
        )


class ServicePrice(Base):
    """A price that a service has or had."""

    __tablename__ = "service_prices"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(CHAR(3))
    valid_from: Mapped[datetime]

    @classmethod
    def of(cls, service: Service, now: datetime) -> "ServicePrice":
        """The price that a service has from now on."""
        return cls(
            tenant_id=service.tenant_id,
            service_id=service.id,
            version=service.price_version,
            amount=service.price_amount,
            currency=service.price_currency,
            valid_from=now,
        )


class ResourceService(Base):
    """Which resource offers which service."""

    __tablename__ = "resource_services"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    offered: Mapped[bool]
    """Whether it still does."""


class Resource(Versioned, Base):
    """Whoever or whatever can be booked."""

    __tablename__ = "resources"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    weekly_hours: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    overrides: Mapped[dict[str, list[dict[str, str]]]] = mapped_column(JSONB)
    """The windows of single dates, by date (ISO 8601)."""
    location_id: Mapped[UUID | None]
    """Where it is."""
    kind: Mapped[str | None]
    capacity: Mapped[int]
    created_at: Mapped[datetime]

    @property
    def hours(self) -> OpeningHours:
        """The opening hours as availability reads them."""
        windows = tuple((w["weekday"], w["opens"], w["closes"]) for w in self.weekly_hours)
        return _opening_hours(
            self.time_zone,
            windows,
            tuple((day, tuple((w["opens"], w["closes"]) for w in found)) for day, found in self.overrides.items()),
        )

    def override(self, day: date, windows: list[dict[str, str]] | None, today: date) -> bool:
        """Give a date hours of its own, or with None those of its week; dates that are over are forgotten. Whether that
        changes anything.

        Raises `InvalidCommand` for windows that overlap, a date that is over or far off, and too many of them.
        """
        if not today - timedelta(days=1) <= day <= today + timedelta(days=OVERRIDES_WITHIN_DAYS):
            raise InvalidCommand("date", f"must be no earlier than yesterday and within {OVERRIDES_WITHIN_DAYS} days")
        earliest = (today - timedelta(days=2)).isoformat()
        kept = {date_: found for date_, found in self.overrides.items() if date_ >= earliest}
        if windows is None:
            kept.pop(day.isoformat(), None)
        else:
            try:
                check_weekly_hours([WeeklyWindow.parse(day.weekday(), w["opens"], w["closes"]) for w in windows])
            except ValueError as error:
                raise InvalidCommand("windows", str(error)) from None
            kept[day.isoformat()] = windows
        if len(kept) > OVERRIDES_LIMIT:
            raise InvalidCommand("date", f"a resource has at most {OVERRIDES_LIMIT} dates with hours of their own")
        return self.change(overrides=dict(sorted(kept.items())))

    def snapshot(self, service_ids: list[UUID]) -> contracts.Resource:
        """The resource as the other processes see it."""
        return contracts.Resource(
            id=self.id,
            name=self.name,
            time_zone=self.time_zone,
            weekly_hours=[contracts.WeeklyHours(**w) for w in self.weekly_hours],
            overrides=[
                contracts.HoursOverride(
                    date=date.fromisoformat(day), windows=[contracts.OpenWindow(**w) for w in found]
                )
                for day, found in sorted(self.overrides.items())
            ],
            service_ids=service_ids,
            location_id=self.location_id,
            kind=self.kind,
            capacity=self.capacity,
            version=self.version,
            archived_at=self.archived_at,
            created_at=self.created_at,
        )


@lru_cache(maxsize=4096)
def _opening_hours(
    time_zone: str,
    windows: tuple[tuple[int, str, str], ...],
    overrides: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
) -> OpeningHours:
    """Parsed once: the same hours come with every booking of a resource."""
    days = [(date.fromisoformat(day), found) for day, found in overrides]
    return OpeningHours(
        zone_of(time_zone),
        tuple(WeeklyWindow.parse(*window) for window in windows),
        tuple((day.toordinal(), tuple(WeeklyWindow.parse(day.weekday(), *w) for w in found)) for day, found in days),
    )


async def services_of(session: AsyncSession, tenant_id: UUID, resource_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Which services resources offer, by resource; one that offers none is missing."""
    rows = await session.scalars(
        select(ResourceService)
        .where(
            ResourceService.tenant_id == tenant_id,
            ResourceService.resource_id.in_(resource_ids),
            ResourceService.offered,
        )
        .order_by(ResourceService.service_id)
    )
    offered: dict[UUID, list[UUID]] = {}
    for row in rows:
        offered.setdefault(row.resource_id, []).append(row.service_id)
    return offered


async def service_of(session: AsyncSession, tenant_id: UUID, service_id: UUID) -> Service:
    """The tenant's service. Raises `ServiceNotFound`."""
    service = await session.get(Service, (tenant_id, service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    return service


async def resources_offering(
    session: AsyncSession, tenant_id: UUID, service_id: UUID, resource_id: UUID | None = None
) -> list[Resource]:
    """The resources that offer a service, without those that are archived, or the one asked for.

    Raises `ResourceNotFound` if it does not offer it, `Archived` if it is.
    """
    statement = (
        select(Resource)
        .join(
            ResourceService,
            (ResourceService.tenant_id == Resource.tenant_id) & (ResourceService.resource_id == Resource.id),
        )
        .where(ResourceService.tenant_id == tenant_id, ResourceService.service_id == service_id)
        .where(ResourceService.offered)
        .order_by(Resource.created_at, Resource.id)
    )
    named = Resource.id == resource_id if resource_id is not None else Resource.archived_at.is_(None)
    statement = statement.where(named)
    resources = list((await session.scalars(statement)).unique())
    if resource_id is not None and not resources:
        raise ResourceNotFound("no such resource offers this service")
    if resource_id is not None and resources[0].archived_at:
        raise Archived("the resource is archived")
    return resources
