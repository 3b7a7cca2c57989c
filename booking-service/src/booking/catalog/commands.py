"""What changes the catalog."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.catalog.hours import WeeklyWindow, check_weekly_hours, clock_shows
from booking.catalog.locations import location_for
from booking.catalog.model import Resource, Service, ServicePrice, services_of
from booking.errors import InvalidCommand, ResourceNotFound, ServiceNotFound
from shared.clock import utc_now
from shared.contracts.booking import catalog as contracts
from shared.contracts.booking.catalog import (
    ArchiveResource,
    ArchiveService,
    CatalogChange,
    ChangeResource,
    ChangeService,
    CreateResource,
    CreateService,
    OverrideHours,
    Requirement,
    ResourceChanged,
    RestoreHours,
    RestoreResource,
    RestoreService,
    ServiceChanged,
    WeeklyHours,
)
from shared.contracts.money import Money, rules_of
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction
from shared.zones import zone_of

handlers = Handlers("booking")

RESOURCES_LIMIT = 20
"""How many resources one booking may take."""

_LINK = text("""
    INSERT INTO resource_services (tenant_id, service_id, resource_id)
    SELECT :tenant, service_id, :resource FROM unnest(CAST(:services AS uuid[])) AS service_id
    ON CONFLICT (tenant_id, service_id, resource_id) DO UPDATE SET offered = true
""")
_UNLINK = text("""
    UPDATE resource_services SET offered = false
    WHERE tenant_id = :tenant AND resource_id = :resource AND offered
      AND service_id <> ALL (CAST(:services AS uuid[]))
""")
_PATCHED = {
    *("name", "duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "deposit_percent"),
    *("minimum_notice_minutes", "horizon_days", "slot_step_minutes", "approval_minutes"),
}
"""The members of a service that a patch gives as they are kept."""


@handlers.command(CreateService)
async def create_service(command: CreateService, tx: Transaction) -> contracts.Service:
    """A service joins the catalogue."""
    if made := await tx.session.get(Service, (command.tenant_id, command.subject_id)):
        return made.snapshot()  # by this very command, whose key nobody remembers any more
    _check_money(command.price, command.deposit_percent)
    requires = await _checked_requirements(tx.session, command.tenant_id, command.requires or [])
    service = Service(
        tenant_id=command.tenant_id,
        id=command.subject_id,
        name=command.name,
        duration_minutes=command.duration_minutes,
        price_amount=command.price.amount,
        price_currency=command.price.currency,
        buffer_before_minutes=command.buffer_before_minutes,
        buffer_after_minutes=command.buffer_after_minutes,
        deposit_percent=command.deposit_percent,
        minimum_notice_minutes=command.minimum_notice_minutes,
        horizon_days=command.horizon_days,
        slot_step_minutes=command.slot_step_minutes,
        requires=requires,
        approval_minutes=command.approval_minutes,
        version=1,
        price_version=1,
        archived_at=None,
        created_at=utc_now(),
    )
    tx.session.add(service)
    await tx.session.flush()
    tx.session.add(ServicePrice.of(service, service.created_at))
    await tx.session.flush()
    return service.snapshot()


@handlers.command(CreateResource)
async def create_resource(command: CreateResource, tx: Transaction) -> contracts.Resource:
    """A resource can be booked from now on, for the services that it offers."""
    service_ids = list(dict.fromkeys(command.service_ids))
    if made := await tx.session.get(Resource, (command.tenant_id, command.subject_id)):
        return made.snapshot(service_ids)  # by this very command, whose key nobody remembers any more
    time_zone = command.time_zone
    if command.location_id is not None:
        location = await location_for(tx.session, command.tenant_id, command.location_id)
        time_zone = time_zone or location.time_zone
    _check_hours(time_zone, command.weekly_hours)
    await _check_services(tx.session, command.tenant_id, service_ids)
    resource = Resource(
        tenant_id=command.tenant_id,
        id=command.subject_id,
        name=command.name,
        time_zone=time_zone,
        location_id=command.location_id,
        weekly_hours=[w.model_dump() for w in command.weekly_hours],
        overrides={},
        kind=command.kind or None,
        capacity=command.capacity,
        version=1,
        archived_at=None,
        created_at=utc_now(),
    )
    tx.session.add(resource)
    await tx.session.flush()
    await tx.session.execute(_LINK, {"tenant": command.tenant_id, "resource": resource.id, "services": service_ids})
    return resource.snapshot(service_ids)


@handlers.command(ChangeService)
async def change_service(command: ChangeService, tx: Transaction) -> contracts.Service:
    """A service gets other members. A new price is another version of it; a patch that changes nothing is none."""
    service = await _locked_service(tx, command)
    price = command.price or Money(amount=service.price_amount, currency=service.price_currency)
    percent = service.deposit_percent if command.deposit_percent is None else command.deposit_percent
    _check_money(price, percent)
    priced = (price.amount, price.currency) != (service.price_amount, service.price_currency)
    given = command.model_dump(include=_PATCHED, exclude_none=True)
    if command.requires is not None:
        given["requires"] = await _checked_requirements(tx.session, command.tenant_id, command.requires)
    changed = service.change(
        **given,
        price_amount=price.amount,
        price_currency=price.currency,
        price_version=service.price_version + priced,
    )
    if priced:
        tx.session.add(ServicePrice.of(service, utc_now()))
    return await _tell_service(tx, service, changed=changed)


@handlers.command(ArchiveService)
async def archive_service(command: ArchiveService, tx: Transaction) -> contracts.Service:
    """A service is offered no more."""
    service = await _locked_service(tx, command)
    return await _tell_service(tx, service, changed=service.archive(utc_now()))


@handlers.command(RestoreService)
async def restore_service(command: RestoreService, tx: Transaction) -> contracts.Service:
    """A service is offered again."""
    service = await _locked_service(tx, command)
    return await _tell_service(tx, service, changed=service.archive(None))


@handlers.command(ChangeResource)
async def change_resource(command: ChangeResource, tx: Transaction) -> contracts.Resource:
    """A resource gets other members, and offers other services. Bookings that stand there stay."""
    place = await location_for(tx.session, command.tenant_id, command.location_id) if command.location_id else None
    resource = await _locked_resource(tx, command)
    moved_to = place if place and place.id != resource.location_id else None
    zone = command.time_zone or (moved_to.time_zone if moved_to else resource.time_zone)
    hours = command.weekly_hours
    _check_hours(zone, hours or [])
    given: dict[str, Any] = {"time_zone": zone}
    if moved_to is not None:
        given["location_id"] = moved_to.id
    if hours is not None:
        given["weekly_hours"] = [window.model_dump() for window in hours]
    if command.name is not None:
        given["name"] = command.name
    if command.kind is not None:
        given["kind"] = command.kind or None
    if command.capacity is not None:
        given["capacity"] = command.capacity
    offers = command.service_ids is not None and await _offer(tx, resource, list(dict.fromkeys(command.service_ids)))
    changed = resource.change(**given)
    if offers and not changed:
        resource.version += 1
    return await _tell_resource(tx, resource, changed=changed or offers)


@handlers.command(ArchiveResource)
async def archive_resource(command: ArchiveResource, tx: Transaction) -> contracts.Resource:
    """A resource takes no new bookings."""
    resource = await _locked_resource(tx, command)
    return await _tell_resource(tx, resource, changed=resource.archive(utc_now()))


@handlers.command(RestoreResource)
async def restore_resource(command: RestoreResource, tx: Transaction) -> contracts.Resource:
    """A resource takes bookings again."""
    resource = await _locked_resource(tx, command)
    return await _tell_resource(tx, resource, changed=resource.archive(None))


@handlers.command(OverrideHours)
async def override_hours(command: OverrideHours, tx: Transaction) -> contracts.Resource:
    """A resource keeps other hours on one date. Bookings that stand there stay."""
    return await _override(tx, command, [window.model_dump() for window in command.windows])


@handlers.command(RestoreHours)
async def restore_hours(command: RestoreHours, tx: Transaction) -> contracts.Resource:
    """A resource keeps the hours of its week on that date again."""
    return await _override(tx, command, None)


async def _override(
    tx: Transaction, command: OverrideHours | RestoreHours, windows: list[dict[str, str]] | None
) -> contracts.Resource:
    resource = await _locked_resource(tx, command)
    changed = resource.override(command.date, windows, clock_shows(utc_now(), resource.time_zone).date())
    return await _tell_resource(tx, resource, changed=changed)


async def _locked_service(tx: Transaction, command: CatalogChange) -> Service:
    """The service that a change is about, at one of the versions that it expects. Raises `DomainError`."""
    service = await tx.session.get(Service, (command.tenant_id, command.subject_id), with_for_update=True)
    if service is None:
        raise ServiceNotFound("no such service")
    service.check(command.expected_versions)
    return service


async def _locked_resource(tx: Transaction, command: CatalogChange) -> Resource:
    """The resource that a change is about, at one of the versions that it expects. Raises `DomainError`."""
    resource = await tx.session.get(Resource, (command.tenant_id, command.subject_id), with_for_update=True)
    if resource is None:
        raise ResourceNotFound("no such resource")
    resource.check(command.expected_versions)
    return resource


async def _tell_service(tx: Transaction, service: Service, *, changed: bool) -> contracts.Service:
    """The service as it stands now, announced if it has changed."""
    await tx.session.flush()
    snapshot = service.snapshot()
    if changed:
        tx.emit(ServiceChanged(tenant_id=service.tenant_id, service=snapshot))
    return snapshot


async def _tell_resource(tx: Transaction, resource: Resource, *, changed: bool) -> contracts.Resource:
    """The resource as it stands now, announced if it has changed."""
    await tx.session.flush()
    offered = await services_of(tx.session, resource.tenant_id, [resource.id])
    snapshot = resource.snapshot(offered.get(resource.id, []))
    if changed:
        tx.emit(ResourceChanged(tenant_id=resource.tenant_id, resource=snapshot))
    return snapshot


async def _offer(tx: Transaction, resource: Resource, service_ids: list[UUID]) -> bool:
    """Let a resource offer these services and no others. Whether that changes anything. Raises `ServiceNotFound`."""
    await _check_services(tx.session, resource.tenant_id, service_ids)
    offered = (await services_of(tx.session, resource.tenant_id, [resource.id])).get(resource.id, [])
    if set(offered) == set(service_ids):
        return False
    values = {"tenant": resource.tenant_id, "resource": resource.id, "services": service_ids}
    await tx.session.execute(_LINK, values)
    await tx.session.execute(_UNLINK, values)
    return True


def _check_money(price: Money, deposit_percent: int) -> None:
    """Raises `InvalidCommand` for a price that nobody can pay, or a deposit that nobody can pay by card."""
    rules = rules_of(price.currency)
    if problem := rules.price_problem(price.amount):
        raise InvalidCommand("price.amount", problem)
    if problem := rules.deposit_problem(price.amount, deposit_percent):
        raise InvalidCommand("deposit_percent", problem)


def _check_hours(time_zone: str, weekly_hours: list[WeeklyHours]) -> None:
    """Raises `InvalidCommand` for an unknown zone or windows that make no sense."""
    try:
        zone_of(time_zone)
    except ValueError as error:
        raise InvalidCommand("time_zone", str(error)) from None
    try:
        check_weekly_hours([WeeklyWindow.parse(w.weekday, w.opens, w.closes) for w in weekly_hours])
    except ValueError as error:
        raise InvalidCommand("weekly_hours", str(error)) from None


async def _checked_requirements(
    session: AsyncSession, tenant_id: UUID, requires: list[Requirement]
) -> list[dict[str, Any]] | None:
    """Requirements as they are kept, None if there are none. Raises `InvalidCommand` for what can't be had."""
    if sum(needed.quantity for needed in requires) > RESOURCES_LIMIT:
        raise InvalidCommand("requires", f"a booking takes at most {RESOURCES_LIMIT} resources")
    for number, needed in enumerate(requires):
        if isinstance(needed.of, str):
            continue
        asked = set(needed.of)
        if len(asked) < needed.quantity:
            raise InvalidCommand(f"requires.{number}.of", "names fewer resources than are needed")
        own = select(Resource.id).where(Resource.tenant_id == tenant_id, Resource.id.in_(asked))
        if missing := asked - set(await session.scalars(own)):
            raise InvalidCommand(f"requires.{number}.of", f"no such resource: {min(missing)}")
    return [
        needed.model_dump(mode="json")
        if isinstance(needed.of, str)
        else {"of": [str(resource_id) for resource_id in sorted(set(needed.of))], "quantity": needed.quantity}
        for needed in requires
    ] or None


async def _check_services(session: AsyncSession, tenant_id: UUID, service_ids: list[UUID]) -> None:
    known = set(
        await session.scalars(select(Service.id).where(Service.tenant_id == tenant_id, Service.id.in_(service_ids)))
    )
    if missing := [s for s in service_ids if s not in known]:
        raise ServiceNotFound(f"no such service: {missing[0]}")
