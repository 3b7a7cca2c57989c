"""Bookings: made, shown, moved, cancelled."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.follow import CommandFollower
from gateway.commands.submit import ACCEPTED, accepted, entity_tag
from gateway.http.body import STRICT, Body
from gateway.http.edge import BOOKINGS_PATH
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.parameters import Cursor, Limit, QueryInstant
from gateway.http.routes import LIST_PROBLEMS, READ_PROBLEMS, WRITE_PROBLEMS, api_router, problems
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.base import Command, Page
from shared.contracts.booking import bookings as contract
from shared.contracts.booking.bookings import (
    BookingStatus,
    CancelBooking,
    CreateBooking,
    GetBooking,
    ListBookings,
    RescheduleBooking,
)
from shared.contracts.fields import Email, Minute, Name, Phone, Text
from shared.contracts.registry import published
from shared.messaging.rpc import call

raw_routes = api_router("Bookings", raw=True)
routes = api_router("Bookings")

LOCATION = "/v1/bookings/{id}"
CHANGES = tuple(kind for kind in published(Command) if kind.RESULT_IN == "booking" and not kind.CREATES)
"""What can be done with a booking that is there."""


class CustomerDetails(contract.Customer):
    """Who comes; gets the messages."""

    model_config = STRICT

    name: Name
    email: Email
    phone: Phone | None = None


class Appointment(Body):
    """What is wanted, when, and for whom."""

    service_id: UUID
    resource_id: UUID | None = None
    starts_at: Minute
    customer: CustomerDetails


class BookingCreate(contract.BookingDetails, Appointment):
    """An appointment that is wanted; without `resource_id` any free resource is taken."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service_id": "01936c5e-7d80-7000-8000-000000000001",
                    "starts_at": "2026-12-01T09:00:00+01:00",
                    "customer": {"name": "Ada Lovelace", "email": "ada@example.org"},
                }
            ]
        }
    )


class BookingCancel(Body):
    """Why a booking is cancelled, if anybody says."""

    reason: Annotated[Text, Field(max_length=500)] | None = None


WITHOUT_REASON = BookingCancel()
CHANGE_PROBLEMS = WRITE_PROBLEMS | problems(412)


class BookingReschedule(Body):
    """Where a booking moves; without `resource_id` it keeps its resource."""

    starts_at: Minute
    resource_id: UUID | None = None


class Booking(contract.Booking):
    """A booking. Times are UTC; `local_start` is the resource's wall clock with its offset."""

    # Snapshots for messages to customers.
    service_name: str = Field(exclude=True)
    resource_name: str = Field(exclude=True)
    business_name: str = Field(exclude=True)


class BookingList(Page):
    """Bookings, newest first; `next_cursor` is null on the last page."""

    bookings: list[Booking]


@raw_routes.post(BOOKINGS_PATH, status_code=201, response_model=Booking, responses=ACCEPTED | WRITE_PROBLEMS)
async def create_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    body: BookingCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Book an appointment. `confirmed` at once, or `pending_payment` until its deposit is paid."""
    command = CreateBooking.model_construct(  # of what has been checked
        **submitter.envelope(request, caller.tenant_id, body, headers),
        **dict(body),
        business_name=caller.tenant_name,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post("/v1/bookings/{booking_id}/cancel", response_model=Booking, responses=ACCEPTED | CHANGE_PROBLEMS)
async def cancel_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingCancel = WITHOUT_REASON,
) -> Response:
    """Call an appointment off. A paid deposit is refunded in full."""
    command = CancelBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        **_expecting(expected_versions),
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post("/v1/bookings/{booking_id}/reschedule", response_model=Booking, responses=ACCEPTED | CHANGE_PROBLEMS)
async def reschedule_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    body: BookingReschedule,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Move a booking: the same id, the next version, its payment stays attached."""
    command = RescheduleBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        starts_at=body.starts_at,
        resource_id=body.resource_id,
        **_expecting(expected_versions),
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.get(BOOKINGS_PATH, response_model=BookingList, responses=LIST_PROBLEMS)
async def list_bookings(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: BookingStatus | None = None,
    resource_id: UUID | None = None,
    starts_from: Annotated[
        QueryInstant | None, Query(alias="from", description="Only bookings that start then or later.")
    ] = None,
    starts_to: Annotated[QueryInstant | None, Query(alias="to", description="Only bookings that start before.")] = None,
) -> contract.BookingList:
    """A page of the tenant's bookings, newest first."""
    query = ListBookings(
        tenant_id=caller.tenant_id,
        limit=limit,
        cursor=cursor,
        status=status,
        resource_id=resource_id,
        starts_from=starts_from,
        starts_to=starts_to,
    )
    return await call(nats, query)


@routes.get("/v1/bookings/{booking_id}", response_model=Booking, responses=ACCEPTED | READ_PROBLEMS | problems(409))
async def get_booking(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_READ])],
    booking_id: UUID,
    follower: Follower,
    response: Response,
    command: Annotated[
        UUID | None, Query(description="A change that was answered with 202: whether it waits, or was refused.")
    ] = None,
) -> contract.Booking | Response:
    """A booking; 202 while its command still waits; the refusal if it was refused."""
    if command is not None and await follower.waits(CHANGES, caller.tenant_id, booking_id, command):
        return accepted(booking_id, f"{LOCATION}?command={command}")
    booking = await follow_booking(follower, caller.tenant_id, booking_id)
    if booking is None:
        return accepted(booking_id, LOCATION)
    response.headers["ETag"] = entity_tag(booking.version)
    return booking


def _expecting(versions: list[int] | None) -> dict[str, Any]:
    """The members of a command for `If-Match`; a booking-service of the last release knows one version alone."""
    return {"expected_versions": versions, "expected_version": versions[0] if versions and len(versions) == 1 else None}


async def follow_booking(follower: CommandFollower, tenant_id: UUID, booking_id: UUID) -> contract.Booking | None:
    """The booking, or None while the command for it waits. Raises as `CommandFollower.follow`."""
    return await follower.follow(
        CreateBooking, tenant_id, booking_id, lambda asked: GetBooking(tenant_id=tenant_id, booking_id=asked)
    )
