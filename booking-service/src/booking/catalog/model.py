"""The catalog: services, resources, and which resource offers which service."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import CHAR, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.hours import OpeningHours, WeeklyWindow
from booking.catalog.rules import SlotRules
from booking.errors import ResourceNotFound, ServiceNotFound
from shared.contracts.booking import catalog as contracts
from shared.contracts.money import Money, rules_of
from shared.persistence.database import Base
from shared.zones import zone_of


class Service(Base):
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
            created_at=self.created_at,
        )


class ResourceService(Base):
    """Which resource offers which service."""

    __tablename__ = "resource_services"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    service_id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(primary_key=True)


class Resource(Base):
    """Whoever or whatever can be booked."""

    __tablename__ = "resources"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    weekly_hours: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime]

    @property
    def hours(self) -> OpeningHours:
        """The opening hours as availability reads them."""
        windows = tuple((w["weekday"], w["opens"], w["closes"]) for w in self.weekly_hours)
        return _opening_hours(self.time_zone, windows)

    def snapshot(self, service_ids: list[UUID]) -> contracts.Resource:
        """The resource as the other processes see it."""
        return contracts.Resource(
            id=self.id,
            name=self.name,
            time_zone=self.time_zone,
            weekly_hours=[contracts.WeeklyHours(**w) for w in self.weekly_hours],
            service_ids=service_ids,
            created_at=self.created_at,
        )


@lru_cache(maxsize=4096)
def _opening_hours(time_zone: str, windows: tuple[tuple[int, str, str], ...]) -> OpeningHours:
    """Parsed once: the same hours come with every booking of a resource."""
    return OpeningHours(zone_of(time_zone), tuple(WeeklyWindow.parse(*window) for window in windows))


async def service_of(session: AsyncSession, tenant_id: UUID, service_id: UUID) -> Service:
    """The tenant's service. Raises `ServiceNotFound`."""
    service = await session.get(Service, (tenant_id, service_id))
    if service is None:
        raise ServiceNotFound("no such service")
    return service


async def resources_offering(
    session: AsyncSession, tenant_id: UUID, service_id: UUID, resource_id: UUID | None = None
) -> list[Resource]:
    """The resources that offer a service, or the one asked for. Raises `ResourceNotFound` if it does not."""
    statement = (
        select(Resource)
        .join(
            ResourceService,
            (ResourceService.tenant_id == Resource.tenant_id) & (ResourceService.resource_id == Resource.id),
        )
        .where(ResourceService.tenant_id == tenant_id, ResourceService.service_id == service_id)
        .order_by(Resource.created_at, Resource.id)
    )
    if resource_id is not None:
        statement = statement.where(Resource.id == resource_id)
    resources = list((await session.scalars(statement)).unique())
    if resource_id is not None and not resources:
        raise ResourceNotFound("no such resource offers this service")
    return resources
