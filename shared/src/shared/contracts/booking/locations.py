"""Locations: where resources are, with a clock and an address of their own."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Command, Contract, Event, ListQuery, Page, Query
from shared.contracts.booking.catalog import Archived, CatalogChange


class Address(Contract):
    """A postal address, as it is written there. What it does not have is null."""

    lines: list[str] = Field(default_factory=list)
    """Street, house, floor: from the top."""
    locality: str | None = None
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""


class Location(Contract):
    """A place of a business: a shop, a depot, a clinic."""

    id: UUID
    name: str
    time_zone: str
    """The zone of the resources there that name none."""
    address: Address
    version: int = 1
    """Counts the changes of the location; `ETag` and `If-Match`."""
    archived_at: datetime | None = None
    """Since when no resource can be put there; those that are there stay."""
    created_at: datetime


class CreateLocation(Command):
    """Add a location; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "command.booking.create_location.v1"
    CREATES: ClassVar[bool] = True

    name: str
    time_zone: str
    address: Address


class ChangeLocation(CatalogChange):
    """Give a location other members; those that are null stay. Another zone is that of the resources which had its."""

    TYPE: ClassVar[str] = "command.booking.change_location.v1"
    RESULT_IN: ClassVar[str | None] = "location"

    name: str | None = None
    time_zone: str | None = None
    address: dict[str, str | list[str] | None] | None = None
    """The members of the address that are to be different; null takes one away."""


class ArchiveLocation(CatalogChange):
    """No resource is put there any more. Those that are there stay, and can be booked."""

    TYPE: ClassVar[str] = "command.booking.archive_location.v1"
    RESULT_IN: ClassVar[str | None] = "location"


class RestoreLocation(CatalogChange):
    """Resources can be put there again."""

    TYPE: ClassVar[str] = "command.booking.restore_location.v1"
    RESULT_IN: ClassVar[str | None] = "location"


class LocationChanged(Event):
    """A location was changed, archived or restored: as it stands now."""

    TYPE: ClassVar[str] = "booking.location_changed.v1"

    location: Location


class LocationList(Page):
    """Locations, newest first."""

    locations: list[Location]


class GetLocation(Query[Location]):
    """One location. Refused `location_not_found` if the tenant has none of that id."""

    TYPE: ClassVar[str] = "rpc.booking.get_location.v1"

    location_id: UUID


class ListLocations(ListQuery[LocationList]):
    """A page of a tenant's locations."""

    TYPE: ClassVar[str] = "rpc.booking.list_locations.v1"

    archived: Archived = Archived.NO
