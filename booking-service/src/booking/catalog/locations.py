"""Locations: what is stored, and what changes it and the resources that are there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.catalog.model import Resource, Versioned, services_of
from booking.catalog.queries import by_archive
from booking.errors import InvalidCommand, LocationNotFound
from shared.clock import utc_now
from shared.contracts.booking import locations as contracts
from shared.contracts.booking.catalog import CatalogChange, ResourceChanged
from shared.contracts.booking.locations import (
    ArchiveLocation,
    ChangeLocation,
    CreateLocation,
    GetLocation,
    ListLocations,
    LocationChanged,
    LocationList,
    RestoreLocation,
)
from shared.messaging.handlers import Handlers
from shared.persistence.database import Base
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")

RESOURCES_LIMIT = 500
"""How many resources may be at one location: they all follow it to another zone in one transaction."""


class Location(Versioned, Base):
    """A place where resources are."""

    __tablename__ = "locations"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    time_zone: Mapped[str]
    address: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime]

    def snapshot(self) -> contracts.Location:
        """The location as the other processes see it."""
        return contracts.Location(
            id=self.id,
            name=self.name,
            time_zone=self.time_zone,
            address=contracts.Address(**self.address),
            version=self.version,
            archived_at=self.archived_at,
            created_at=self.created_at,
        )


async def location_for(session: AsyncSession, tenant_id: UUID, location_id: UUID) -> Location:
    """The location where a resource is to be put; its zone stays until the transaction ends.

    Lock it before the resource, as a change of its zone does. Raises `InvalidCommand` if there is none of that id, if
    it is archived, or full.
    """
    location = await session.get(Location, (tenant_id, location_id), with_for_update={"read": True})
    if location is None:
        raise InvalidCommand("location_id", "no such location")
    if location.archived_at is not None:
        raise InvalidCommand("location_id", "is archived")
    there = select(func.count()).where(Resource.tenant_id == tenant_id, Resource.location_id == location_id)
    if (await session.scalar(there) or 0) >= RESOURCES_LIMIT:
        raise InvalidCommand("location_id", f"has {RESOURCES_LIMIT} resources, the most that there can be")
    return location


@handlers.command(CreateLocation)
async def create_location(command: CreateLocation, tx: Transaction) -> contracts.Location:
    """There is a place more where resources can be."""
    if made := await tx.session.get(Location, (command.tenant_id, command.subject_id)):
        return made.snapshot()  # by this very command, whose key nobody remembers any more
    location = Location(
        tenant_id=command.tenant_id,
        id=command.subject_id,
        name=command.name,
        time_zone=command.time_zone,
        address=command.address.model_dump(),
        version=1,
        archived_at=None,
        created_at=utc_now(),
    )
    tx.session.add(location)
    await tx.session.flush()
    return location.snapshot()


@handlers.command(ChangeLocation)
async def change_location(command: ChangeLocation, tx: Transaction) -> contracts.Location:
    """A location gets other members. Resources that kept its zone keep its new one; what is booked there stays."""
    location = await _locked(tx, command)
    before = location.time_zone
    given: dict[str, Any] = command.model_dump(include={"name", "time_zone"}, exclude_none=True)
    if command.address is not None:
        given["address"] = contracts.Address(**location.address | command.address).model_dump()
    snapshot = await _tell(tx, location, changed=location.change(**given))
    if location.time_zone != before:
        await _move_clocks(tx, location, before)
    return snapshot


@handlers.command(ArchiveLocation)
async def archive_location(command: ArchiveLocation, tx: Transaction) -> contracts.Location:
    """No resource is put there any more."""
    location = await _locked(tx, command)
    return await _tell(tx, location, changed=location.archive(utc_now()))


@handlers.command(RestoreLocation)
async def restore_location(command: RestoreLocation, tx: Transaction) -> contracts.Location:
    """Resources can be put there again."""
    location = await _locked(tx, command)
    return await _tell(tx, location, changed=location.archive(None))


@handlers.query(GetLocation)
async def get_location(query: GetLocation, tx: Transaction) -> contracts.Location:
    """One location."""
    location = await tx.session.get(Location, (query.tenant_id, query.location_id))
    if location is None:
        raise LocationNotFound("no such location")
    return location.snapshot()


@handlers.query(ListLocations)
async def list_locations(query: ListLocations, tx: Transaction) -> LocationList:
    """A page of locations, newest first."""
    statement = by_archive(select(Location).where(Location.tenant_id == query.tenant_id), Location, query.archived)
    rows, cursor = await page_of(tx.session, statement, Location, query)
    found, cursor = cut_to_size([location.snapshot() for location in rows], cursor, query)
    return LocationList(locations=found, next_cursor=cursor)


async def _locked(tx: Transaction, command: CatalogChange) -> Location:
    location = await tx.session.get(Location, (command.tenant_id, command.subject_id), with_for_update=True)
    if location is None:
        raise LocationNotFound("no such location")
    location.check(command.expected_versions)
    return location


async def _tell(tx: Transaction, location: Location, *, changed: bool) -> contracts.Location:
    """The location as it stands now, announced if it has changed."""
    await tx.session.flush()
    snapshot = location.snapshot()
    if changed:
        tx.emit(LocationChanged(tenant_id=location.tenant_id, location=snapshot))
    return snapshot


async def _move_clocks(tx: Transaction, location: Location, before: str) -> None:
    """The resources there that had the location's zone have its new one; those with one of their own keep that."""
    there = (
        select(Resource)
        .where(Resource.tenant_id == location.tenant_id, Resource.location_id == location.id)
        .where(Resource.time_zone == before)
        .order_by(Resource.id)
        .with_for_update()
    )
    resources = list(await tx.session.scalars(there))
    offered = await services_of(tx.session, location.tenant_id, [resource.id for resource in resources])
    for resource in resources:
        resource.change(time_zone=location.time_zone)
        snapshot = resource.snapshot(offered.get(resource.id, []))
        tx.emit(ResourceChanged(tenant_id=location.tenant_id, resource=snapshot))
    await tx.session.flush()
