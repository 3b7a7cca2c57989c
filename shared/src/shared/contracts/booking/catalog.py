"""The catalog: services, resources, and which resource offers which service."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Command, Contract, ListQuery, Page, Query
from shared.contracts.money import Money

LocalDate = date
"""A day of the resource's zone; a name of its own, since members are named `date`."""


class Service(Contract):
    """Something a business sells by appointment. Minutes are elapsed minutes, never wall clock."""

    id: UUID
    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    deposit_percent: int = 0
    deposit: Money | None = None
    """What is paid ahead: the percentage, rounded up and raised to the least that can be paid."""
    minimum_notice_minutes: int = 120
    horizon_days: int = 90
    slot_step_minutes: int = 30
    created_at: datetime


class WeeklyHours(Contract):
    """One opening window, wall clock of the resource's zone. Monday is 0; `closes` may be `24:00`."""

    weekday: int
    opens: str
    closes: str


class OpenWindow(Contract):
    """One opening window of a date, wall clock of the resource's zone; one that closes by its opening runs over
    midnight. `closes` may be `24:00`."""

    opens: str
    closes: str


class HoursOverride(Contract):
    """A date on which a resource keeps other hours than its week says; no windows: closed."""

    date: LocalDate
    windows: list[OpenWindow]


class Resource(Contract):
    """Whoever or whatever can be booked: a team, a room, a van."""

    id: UUID
    name: str
    time_zone: str
    weekly_hours: list[WeeklyHours]
    overrides: list[HoursOverride] = Field(default_factory=list)
    """By date. Those of dates that are over are forgotten in time."""
    service_ids: list[UUID]
    created_at: datetime


class CreateService(Command):
    """Add a service to the catalog; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "command.booking.create_service.v1"
    CREATES: ClassVar[bool] = True

    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int


class CreateResource(Command):
    """Add a bookable resource; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "command.booking.create_resource.v1"
    CREATES: ClassVar[bool] = True

    name: str
    time_zone: str
    weekly_hours: list[WeeklyHours]
    service_ids: list[UUID]


class OverrideHours(Command):
    """What opens on that date on the resource named by `subject_id` are these windows, not those of its week."""

    TYPE: ClassVar[str] = "command.booking.override_hours.v1"

    date: LocalDate
    windows: list[OpenWindow]


class RestoreHours(Command):
    """The resource named by `subject_id` keeps the hours of its week on that date again."""

    TYPE: ClassVar[str] = "command.booking.restore_hours.v1"

    date: LocalDate


class ServiceList(Page):
    """Services, newest first."""

    services: list[Service]


class ResourceList(Page):
    """Resources, newest first."""

    resources: list[Resource]


class GetService(Query[Service]):
    """One service. Refused `not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_service.v1"

    service_id: UUID


class ListServices(ListQuery[ServiceList]):
    """A page of a tenant's services."""

    TYPE: ClassVar[str] = "rpc.booking.list_services.v1"


class GetResource(Query[Resource]):
    """One resource. Refused `not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_resource.v1"

    resource_id: UUID


class ListResources(ListQuery[ResourceList]):
    """A page of a tenant's resources."""

    TYPE: ClassVar[str] = "rpc.booking.list_resources.v1"
