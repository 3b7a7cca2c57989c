"""What changes the catalog."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.catalog.hours import WeeklyWindow, check_weekly_hours, clock_shows
from booking.catalog.model import Resource, Service, services_of
from booking.errors import InvalidCommand, ResourceNotFound, ServiceNotFound
from shared.clock import utc_now
from shared.contracts.booking import catalog as contracts
from shared.contracts.booking.catalog import CreateResource, CreateService, OverrideHours, RestoreHours
from shared.contracts.money import rules_of
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction
from shared.zones import zone_of

handlers = Handlers("booking")

_LINK = text("""
    INSERT INTO resource_services (tenant_id, service_id, resource_id)
    SELECT :tenant, service_id, :resource FROM unnest(CAST(:services AS uuid[])) AS service_id
""")


@handlers.command(CreateService)
async def create_service(command: CreateService, tx: Transaction) -> contracts.Service:
    """A service joins the catalogue."""
    if made := await tx.session.get(Service, (command.tenant_id, command.subject_id)):
        return made.snapshot()  # by this very command, whose key nobody remembers any more
    _check_money(command)
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
        created_at=utc_now(),
    )
    tx.session.add(service)
    await tx.session.flush()
    return service.snapshot()


@handlers.command(CreateResource)
async def create_resource(command: CreateResource, tx: Transaction) -> contracts.Resource:
    """A resource can be booked from now on, for the services that it offers."""
    _check_hours(command)
    service_ids = list(dict.fromkeys(command.service_ids))
    if made := await tx.session.get(Resource, (command.tenant_id, command.subject_id)):
        return made.snapshot(service_ids)  # by this very command, whose key nobody remembers any more
    await _check_services(tx.session, command.tenant_id, service_ids)
    resource = Resource(
        tenant_id=command.tenant_id,
        id=command.subject_id,
        name=command.name,
        time_zone=command.time_zone,
        weekly_hours=[w.model_dump() for w in command.weekly_hours],
        overrides={},
        created_at=utc_now(),
    )
    tx.session.add(resource)
    await tx.session.flush()
    await tx.session.execute(_LINK, {"tenant": command.tenant_id, "resource": resource.id, "services": service_ids})
    return resource.snapshot(service_ids)


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
    resource = await tx.session.get(Resource, (command.tenant_id, command.subject_id), with_for_update=True)
    if resource is None:
        raise ResourceNotFound("no such resource")
    resource.override(command.date, windows, clock_shows(utc_now(), resource.time_zone).date())
    await tx.session.flush()
    offered = await services_of(tx.session, command.tenant_id, [resource.id])
    return resource.snapshot(offered.get(resource.id, []))


def _check_money(command: CreateService) -> None:
    """Raises `InvalidCommand` for a price that nobody can pay, or a deposit that nobody can pay by card."""
    rules, price = rules_of(command.price.currency), command.price.amount
    if problem := rules.price_problem(price):
        raise InvalidCommand("price.amount", problem)
    if problem := rules.deposit_problem(price, command.deposit_percent):
        raise InvalidCommand("deposit_percent", problem)


def _check_hours(command: CreateResource) -> None:
    """Raises `InvalidCommand` for an unknown zone or windows that make no sense."""
    try:
        zone_of(command.time_zone)
    except ValueError as error:
        raise InvalidCommand("time_zone", str(error)) from None
    try:
        check_weekly_hours([WeeklyWindow.parse(w.weekday, w.opens, w.closes) for w in command.weekly_hours])
    except ValueError as error:
        raise InvalidCommand("weekly_hours", str(error)) from None


async def _check_services(session: AsyncSession, tenant_id: UUID, service_ids: list[UUID]) -> None:
    known = set(
        await session.scalars(select(Service.id).where(Service.tenant_id == tenant_id, Service.id.in_(service_ids)))
    )
    if missing := [s for s in service_ids if s not in known]:
        raise ServiceNotFound(f"no such service: {missing[0]}")
