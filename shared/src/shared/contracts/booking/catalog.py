"""The catalog: services, resources, and which resource offers which service."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Command, Contract, Event, ListQuery, Page, Query
from shared.contracts.money import Money

LocalDate = date
"""A day of the resource's zone; a name of its own, since members are named `date`."""


class Requirement(Contract):
    """What a service needs beside each other: so many of these resources, all different."""

    of: str | list[UUID]
    """A kind of resource, or the resources among which is chosen."""
    quantity: int = 1


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
    requires: list[Requirement] | None = None
    """What a booking takes, all or nothing; null: one of the resources that offer the service."""
    approval_minutes: int = 0
    """How long the business has to say whether it takes a booking; 0: it need not be asked."""
    version: int = 1
    """Counts the changes of the service; `ETag` and `If-Match`."""
    price_version: int = 1
    """Counts the changes of the price. A booking keeps the one that it was made under, and names it."""
    archived_at: datetime | None = None
    """Since when it is offered no more; what is booked stays."""
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
    location_id: UUID | None = None
    """Where it is."""
    kind: str | None = None
    """What it is among a business's resources, such as `cleaner` or `van`: services may require so many of a kind."""
    capacity: int = 1
    """How many bookings it takes side by side."""
    version: int = 1
    """Counts the changes of the resource; `ETag` and `If-Match`."""
    archived_at: datetime | None = None
    """Since when it takes no new bookings; those that it has stay."""
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
    requires: list[Requirement] | None = None
    approval_minutes: int = 0


class CreateResource(Command):
    """Add a bookable resource; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "command.booking.create_resource.v1"
    CREATES: ClassVar[bool] = True

    name: str
    time_zone: str
    """Empty: that of its location."""
    weekly_hours: list[WeeklyHours]
    service_ids: list[UUID]
    location_id: UUID | None = None
    kind: str | None = None
    capacity: int = 1


class CatalogChange(Command):
    """A change of one thing of the catalog, named by `subject_id`."""

    TYPE: ClassVar[str]

    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class ChangeService(CatalogChange):
    """Give a service other members; those that are null stay. Bookings keep what they were made under."""

    TYPE: ClassVar[str] = "command.booking.change_service.v1"
    RESULT_IN: ClassVar[str | None] = "service"

    name: str | None = None
    duration_minutes: int | None = None
    price: Money | None = None
    buffer_before_minutes: int | None = None
    buffer_after_minutes: int | None = None
    deposit_percent: int | None = None
    minimum_notice_minutes: int | None = None
    horizon_days: int | None = None
    slot_step_minutes: int | None = None
    requires: list[Requirement] | None = None
    """Empty: one of the resources that offer it."""
    approval_minutes: int | None = None


class ArchiveService(CatalogChange):
    """The service is offered no more. Its bookings stay, and can be moved and cancelled."""

    TYPE: ClassVar[str] = "command.booking.archive_service.v1"
    RESULT_IN: ClassVar[str | None] = "service"


class RestoreService(CatalogChange):
    """The service is offered again."""

    TYPE: ClassVar[str] = "command.booking.restore_service.v1"
    RESULT_IN: ClassVar[str | None] = "service"


class ChangeResource(CatalogChange):
    """Give a resource other members; those that are null stay. Bookings keep what they were made under."""

    TYPE: ClassVar[str] = "command.booking.change_resource.v1"
    RESULT_IN: ClassVar[str | None] = "resource"

    name: str | None = None
    time_zone: str | None = None
    weekly_hours: list[WeeklyHours] | None = None
    service_ids: list[UUID] | None = None
    location_id: UUID | None = None
    """Where it is from now on; without a `time_zone` it has the zone of that place."""
    kind: str | None = None
    """Empty: of no kind."""
    capacity: int | None = None


class ArchiveResource(CatalogChange):
    """The resource takes no new bookings. Those that it has stay, and can be moved elsewhere and cancelled."""

    TYPE: ClassVar[str] = "command.booking.archive_resource.v1"
    RESULT_IN: ClassVar[str | None] = "resource"


class RestoreResource(CatalogChange):
    """The resource takes bookings again."""

    TYPE: ClassVar[str] = "command.booking.restore_resource.v1"
    RESULT_IN: ClassVar[str | None] = "resource"


class ServiceChanged(Event):
    """A service was changed, archived or restored: the service as it stands now."""

    TYPE: ClassVar[str] = "booking.service_changed.v1"

    service: Service


class ResourceChanged(Event):
    """A resource was changed, archived or restored, or keeps other hours on a date: as it stands now."""

    TYPE: ClassVar[str] = "booking.resource_changed.v1"

    resource: Resource


class OverrideHours(CatalogChange):
    """What opens on that date on the resource named by `subject_id` are these windows, not those of its week."""

    TYPE: ClassVar[str] = "command.booking.override_hours.v1"
    RESULT_IN: ClassVar[str | None] = "resource"

    date: LocalDate
    windows: list[OpenWindow]


class RestoreHours(CatalogChange):
    """The resource named by `subject_id` keeps the hours of its week on that date again."""

    TYPE: ClassVar[str] = "command.booking.restore_hours.v1"
    RESULT_IN: ClassVar[str | None] = "resource"

    date: LocalDate


class Archived(StrEnum):
    """Which things a list shows, by whether they are archived."""

    NO = "false"
    YES = "true"
    ALL = "all"


class ServicePrice(Contract):
    """A price that a service has or had, and since when."""

    version: int
    price: Money
    valid_from: datetime


class ServicePriceList(Contract):
    """The prices of a service, the newest first."""

    prices: list[ServicePrice]


class GetServicePrices(Query[ServicePriceList]):
    """The newest hundred prices of a service. Refused `service_not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_service_prices.v1"

    service_id: UUID


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

    archived: Archived = Archived.NO


class GetResource(Query[Resource]):
    """One resource. Refused `not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_resource.v1"

    resource_id: UUID


class ListResources(ListQuery[ResourceList]):
    """A page of a tenant's resources."""

    TYPE: ClassVar[str] = "rpc.booking.list_resources.v1"

    archived: Archived = Archived.NO
    location_id: UUID | None = None
    """Only those that are there."""
