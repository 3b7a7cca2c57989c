"""Durable requests other than creating bookings: catalogue, cancelling, rescheduling."""

from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from booking import ledger
from booking.availability import refusal
from booking.catalogue import Resource, Service, ServiceNotFound, resources_offering, service_of
from booking.creation import REFUSAL_TEXTS, REFUSALS, slot_taken
from booking.hours import WeeklyWindow, check_weekly_hours
from booking.metrics import BOOKINGS
from booking.model import InvalidWish, locked_booking
from booking.slots import alternatives
from shared.contracts.base import Contract, Outcome, utc_now
from shared.contracts.booking import CancelBooking, CreateResource, CreateService, RescheduleBooking
from shared.messaging.reactions import Reactions
from shared.persistence.transaction import Transaction
from shared.service.context import Context

reactions = Reactions("booking")

_OVERLAP = "bookings_no_overlap"
_LINK = text("""
    INSERT INTO resource_services (tenant_id, service_id, resource_id)
    SELECT :tenant, service_id, :resource FROM unnest(CAST(:services AS uuid[])) AS service_id
""")


@reactions.on(CreateService)
async def create_service(request: CreateService, ctx: Context) -> Outcome | None:
    """A service joins the catalogue."""

    async def decide(tx: Transaction, request: CreateService) -> tuple[int, Contract]:
        service = Service(
            tenant_id=request.tenant_id,
            id=request.subject_id,
            name=request.name,
            duration_minutes=request.duration_minutes,
            price_amount=request.price.amount,
            price_currency=request.price.currency,
            buffer_before_minutes=request.buffer_before_minutes,
            buffer_after_minutes=request.buffer_after_minutes,
            deposit_percent=request.deposit_percent,
            minimum_notice_minutes=request.minimum_notice_minutes,
            horizon_days=request.horizon_days,
            slot_step_minutes=request.slot_step_minutes,
            created_at=utc_now(),
        )
        tx.session.add(service)
        await tx.session.flush()
        return 201, service.snapshot()

    async with ctx.transaction() as tx:
        return await ledger.decide_one_once(tx, request, decide)


@reactions.on(CreateResource)
async def create_resource(request: CreateResource, ctx: Context) -> Outcome | None:
    """A resource can be booked from now on, for the services that it offers."""

    async def decide(tx: Transaction, request: CreateResource) -> tuple[int, Contract]:
        _check_hours(request)
        service_ids = list(dict.fromkeys(request.service_ids))
        await _check_services(tx.session, request.tenant_id, service_ids)
        resource = Resource(
            tenant_id=request.tenant_id,
            id=request.subject_id,
            name=request.name,
            time_zone=request.time_zone,
            weekly_hours=[w.model_dump() for w in request.weekly_hours],
            created_at=utc_now(),
        )
        tx.session.add(resource)
        await tx.session.flush()
        await tx.session.execute(_LINK, {"tenant": request.tenant_id, "resource": resource.id, "services": service_ids})
        return 201, resource.snapshot(service_ids)

    async with ctx.transaction() as tx:
        return await ledger.decide_one_once(tx, request, decide)


@reactions.on(CancelBooking)
async def cancel_booking(request: CancelBooking, ctx: Context) -> Outcome | None:
    """The business calls an appointment off; billing and the mails follow from the event."""

    async def decide(tx: Transaction, request: CancelBooking) -> tuple[int, Contract]:
        booking = await locked_booking(tx.session, request.tenant_id, request.subject_id)
        if event := booking.cancel(request.reason, request.expected_version):
            tx.emit(event)
        return 200, booking.snapshot()

    async with ctx.transaction() as tx:
        outcome = await ledger.decide_one_once(tx, request, decide)
    BOOKINGS.labels("cancelled").inc(len(tx.events))
    return outcome


@reactions.on(RescheduleBooking)
async def reschedule_booking(request: RescheduleBooking, ctx: Context) -> Outcome | None:
    """The same booking moves: the old slot is freed and the new one taken in one transaction."""
    async with ctx.transaction() as tx:
        outcome = await ledger.decide_one_once(tx, request, _move)
    BOOKINGS.labels("rescheduled").inc(len(tx.events))
    return outcome


async def _move(tx: Transaction, request: RescheduleBooking) -> tuple[int, Contract]:
    now = utc_now()
    booking = await locked_booking(tx.session, request.tenant_id, request.subject_id)
    service = await service_of(tx.session, request.tenant_id, booking.service_id)
    resource_id = request.resource_id or booking.resource_id
    [resource] = await resources_offering(tx.session, request.tenant_id, service.id, resource_id)
    if (request.starts_at, resource.id) != (booking.starts_at, booking.resource_id):
        reason = refusal(service.rules, resource.hours, max(request.received_at, now), request.starts_at)
        if reason:
            raise REFUSALS[reason](REFUSAL_TEXTS[reason])
    try:
        async with tx.session.begin_nested():
            event = booking.reschedule(request.starts_at, service.rules, resource, request.expected_version)
            await tx.session.flush()
    except IntegrityError as error:
        if _OVERLAP not in str(error.orig):
            raise
        free = await alternatives(tx, service, request.tenant_id, resource_id, request.starts_at, now)
        raise slot_taken(free) from None
    if event:
        tx.emit(event)
    return 200, booking.snapshot()


def _check_hours(request: CreateResource) -> None:
    """Raises `InvalidWish` for an unknown zone or windows that make no sense."""
    try:
        ZoneInfo(request.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidWish("time_zone", "not an IANA time zone") from None
    try:
        check_weekly_hours([WeeklyWindow.parse(w.weekday, w.opens, w.closes) for w in request.weekly_hours])
    except ValueError as error:
        raise InvalidWish("weekly_hours", str(error)) from None


async def _check_services(session: AsyncSession, tenant_id: UUID, service_ids: list[UUID]) -> None:
    known = set(
        await session.scalars(select(Service.id).where(Service.tenant_id == tenant_id, Service.id.in_(service_ids)))
    )
    if missing := [s for s in service_ids if s not in known]:
        raise ServiceNotFound(f"no such service: {missing[0]}")
