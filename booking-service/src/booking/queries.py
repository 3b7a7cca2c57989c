"""Questions that booking-service answers over request/reply."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from booking.catalogue import Resource, ResourceNotFound, ResourceService, Service, resources_offering, service_of
from booking.model import Booking
from booking.slots import find_slots as search
from shared.contracts import booking as contracts
from shared.contracts.base import Outcome, utc_now
from shared.contracts.booking import (
    BookingList,
    FindSlots,
    GetBooking,
    GetResource,
    GetService,
    ListBookings,
    ListResources,
    ListServices,
    RequestState,
    ResourceList,
    ServiceList,
    SlotList,
)
from shared.errors import DomainError
from shared.messaging.rpc import Questions
from shared.service.context import Context

questions = Questions("booking")

_OUTCOME = text("SELECT outcome FROM requests WHERE tenant_id = :tenant AND id = :id")


class InvalidCursor(DomainError):
    """The cursor is not one that a list has given out."""

    code = "invalid_cursor"
    status = 400
    title = "Invalid cursor"


@questions.answers(GetBooking)
async def get_booking(query: GetBooking, ctx: Context) -> RequestState:
    """The booking; or what became of the request of that id, followed to the booking it repeated."""
    async with ctx.transaction() as tx:
        booking = await tx.session.get(Booking, (query.tenant_id, query.booking_id))
        if booking is None:
            stored = await tx.session.scalar(_OUTCOME, {"tenant": query.tenant_id, "id": query.booking_id})
            outcome = Outcome.model_validate(stored) if stored else None
            if outcome and outcome.refusal:
                return RequestState(refusal=outcome.refusal)
            if outcome and outcome.result:
                booking = await tx.session.get(Booking, (query.tenant_id, UUID(outcome.result["id"])))
        return RequestState(booking=booking.snapshot() if booking else None)


@questions.answers(ListBookings)
async def list_bookings(query: ListBookings, ctx: Context) -> BookingList:
    """A page of bookings, newest first."""
    statement = select(Booking).where(Booking.tenant_id == query.tenant_id)
    if query.status is not None:
        statement = statement.where(Booking.status == query.status)
    if query.resource_id is not None:
        statement = statement.where(Booking.resource_id == query.resource_id)
    if query.starts_from is not None:
        statement = statement.where(Booking.starts_at >= query.starts_from)
    if query.starts_to is not None:
        statement = statement.where(Booking.starts_at < query.starts_to)
    async with ctx.transaction() as tx:
        rows, cursor = await _page(tx.session, statement, Booking, query.limit, query.cursor)
        return BookingList(bookings=[b.snapshot() for b in rows], next_cursor=cursor)


@questions.answers(GetService)
async def get_service(query: GetService, ctx: Context) -> contracts.Service:
    """One service."""
    async with ctx.transaction() as tx:
        return (await service_of(tx.session, query.tenant_id, query.service_id)).snapshot()


@questions.answers(ListServices)
async def list_services(query: ListServices, ctx: Context) -> ServiceList:
    """A page of services, newest first."""
    statement = select(Service).where(Service.tenant_id == query.tenant_id)
    async with ctx.transaction() as tx:
        rows, cursor = await _page(tx.session, statement, Service, query.limit, query.cursor)
        return ServiceList(services=[s.snapshot() for s in rows], next_cursor=cursor)


@questions.answers(GetResource)
async def get_resource(query: GetResource, ctx: Context) -> contracts.Resource:
    """One resource."""
    async with ctx.transaction() as tx:
        resource = await tx.session.get(Resource, (query.tenant_id, query.resource_id))
        if resource is None:
            raise ResourceNotFound("no such resource")
        offered = await _services_of(tx.session, query.tenant_id, [resource.id])
        return resource.snapshot(offered.get(resource.id, []))


@questions.answers(ListResources)
async def list_resources(query: ListResources, ctx: Context) -> ResourceList:
    """A page of resources, newest first."""
    statement = select(Resource).where(Resource.tenant_id == query.tenant_id)
    async with ctx.transaction() as tx:
        rows, cursor = await _page(tx.session, statement, Resource, query.limit, query.cursor)
        offered = await _services_of(tx.session, query.tenant_id, [r.id for r in rows])
        return ResourceList(resources=[r.snapshot(offered.get(r.id, [])) for r in rows], next_cursor=cursor)


@questions.answers(FindSlots)
async def find_slots(query: FindSlots, ctx: Context) -> SlotList:
    """Free slots by the rule that creation applies too: what is offered can be booked."""
    async with ctx.transaction() as tx:
        service = await service_of(tx.session, query.tenant_id, query.service_id)
        resources = await resources_offering(tx.session, query.tenant_id, service.id, query.resource_id)
        slots = await search(tx, service, resources, utc_now(), query.from_, query.to)
        return SlotList.model_construct(slots=slots)


async def _services_of(session: AsyncSession, tenant_id: UUID, resource_ids: list[UUID]) -> dict[UUID, list[UUID]]:
    rows = await session.scalars(
        select(ResourceService)
        .where(ResourceService.tenant_id == tenant_id, ResourceService.resource_id.in_(resource_ids))
        .order_by(ResourceService.service_id)
    )
    offered: dict[UUID, list[UUID]] = {}
    for row in rows:
        offered.setdefault(row.resource_id, []).append(row.service_id)
    return offered


async def _page(
    session: AsyncSession, statement: Select[Any], entity: Any, limit: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """A page after the cursor, newest first, and the cursor of the next; nothing is skipped or shown twice."""
    if cursor is not None:
        statement = statement.where(tuple_(entity.created_at, entity.id) < tuple_(*_decode(cursor)))
    statement = statement.order_by(entity.created_at.desc(), entity.id.desc()).limit(limit + 1)
    rows = list(await session.scalars(statement))
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, _encode(rows[-1].created_at, rows[-1].id) if more else None


def _encode(created_at: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([created_at.isoformat(), str(row_id)]).encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        created_at, row_id = json.loads(base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True))
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("naive")
        return moment, UUID(row_id)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise InvalidCursor("this cursor was not given out by a list") from None
