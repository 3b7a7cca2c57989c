"""Bookings: made, shown, moved, cancelled."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.params import Security
from pydantic import ConfigDict, Field, ValidationInfo, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.showing import Followed
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import (
    ASKING,
    EXAMPLE_ID,
    UNLESS_KNOWN,
    follows,
    next_page,
    not_modified,
    outcome_at,
    refuses,
    shows,
)
from gateway.http.body import STRICT, Body, unchanged
from gateway.http.edge import BOOKINGS_PATH
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.parameters import Cursor, FollowedChange, Limit, QueryInstant, Search
from gateway.http.problems import FieldError, invalid
from gateway.http.routes import api_router
from gateway.identity.access import caller, require
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
from shared.contracts.fields import Email, Minute, Name, Phone, ShortText
from shared.contracts.registry import published
from shared.messaging.rpc import call

raw_routes = api_router("Bookings", raw=True)
routes = api_router("Bookings")

LOCATION = "/v1/bookings/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
CHANGES = tuple(kind for kind in published(Command) if kind.RESULT_IN == "booking" and not kind.CREATES)
"""What can be done with a booking that is there."""
FOLLOWED = Followed(
    CreateBooking, CHANGES, LOCATION, lambda tenant, asked: GetBooking(tenant_id=tenant, booking_id=asked)
)

_TIME = ("slot_taken", "outside_hours", "too_soon", "too_far", "time_off")
_ABSENT = ("hold_not_found", "hold_closed", "service_not_found", "resource_not_found", "customer_not_found", "archived")
CREATING = (*_ABSENT, *_TIME)
"""With which codes a booking may be refused that is to be made."""
CANCELLING = ("booking_not_found", "booking_closed", "version_conflict")
_MOVING = ("resource_not_found", "archived", *_TIME, *CANCELLING)
ATTENDING = ("booking_not_found", "transition_not_allowed", "too_early", "version_conflict")
"""With which codes a booking is not begun, done or missed."""
REASSIGNING = ("outside_hours", "time_off", "slot_taken", "resource_not_found", "archived", *CANCELLING)
FOLLOWING = ("booking_not_found", *CREATING, "idempotency_key_reused")
"""With which codes a booking is not shown: there is none, or it was refused."""
EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "status": "pending_payment",
    "version": 1,
    "service_id": "01936c5e-7d80-7000-8000-000000000002",
    "service_name": "Deep clean",
    "resource_id": "01936c5e-7d80-7000-8000-000000000003",
    "resource_name": "Team A",
    "resources": [{"id": "01936c5e-7d80-7000-8000-000000000003", "name": "Team A"}],
    "starts_at": "2026-12-01T08:00:00Z",
    "ends_at": "2026-12-01T10:00:00Z",
    "local_start": "2026-12-01T09:00:00+01:00",
    "time_zone": "Europe/Berlin",
    "customer": {"name": "Ada Lovelace", "email": "ada@example.org", "phone": None},
    "customer_id": "01936c5e-7d80-7000-8000-000000000005",
    "notes": None,
    "metadata": {},
    "price": {"amount": 12000, "currency": "eur"},
    "price_version": 1,
    "deposit": {"amount": 2400, "refunded_amount": 0, "currency": "eur", "status": "pending"},
    "hold_expires_at": "2026-11-20T10:15:00Z",
    "approve_by": None,
    "cancellation_reason": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_MOVED = EXAMPLE | {
    "version": 2,
    "starts_at": "2026-12-02T08:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z",
    "local_start": "2026-12-02T09:00:00+01:00",
}
_CANCELLED = EXAMPLE | {
    "version": 2,
    "status": "cancelled",
    "deposit": None,
    "hold_expires_at": None,
    "cancellation_reason": "Ill",
}
_NEXT = {
    "cancel": follows("cancel_booking", "Call it off.", booking_id="$response.body#/id"),
    "reschedule": follows("reschedule_booking", "Move it.", booking_id="$response.body#/id"),
    "payment": follows("get_payment", "The deposit's payment, if it needs one.", booking_id="$response.body#/id"),
}
SHOWN = {"booking": follows("get_booking", "The booking.", booking_id="$response.body#/id")}
OUTCOME = outcome_at("get_booking", "booking_id")


class CustomerDetails(contract.Customer):
    """Who comes; gets the messages."""

    model_config = STRICT

    name: Name
    email: Email
    phone: Phone | None = None


class RulesOverride(Body):
    """Book against hours, notice, horizon or time off: who may, says why. Another's slot can't be had that way."""

    reason: ShortText = Field(min_length=1)


_LEFT_OUT: Any = object()


class Appointment(Body):
    """What is wanted, when, and for whom."""

    service_id: UUID | None = Field(default=None, description="What is booked; left out with `hold_id`.")
    resource_id: UUID | None = None
    starts_at: Minute | None = Field(default=None, description="When; left out with `hold_id`.")
    hold_id: UUID | None = Field(default=None, description="A hold that is to become the booking.")
    customer_id: UUID = unchanged(description="A customer of the registry, instead of `customer`.")
    customer: CustomerDetails = Field(
        default_factory=lambda: _LEFT_OUT, validate_default=True, description="Who comes; left out with `customer_id`."
    )
    override: RulesOverride | None = None
    """Needs the scope `bookings:override`."""

    @field_validator("customer", mode="wrap")
    @classmethod
    def _one_customer(cls, value: Any, validated: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        named = info.data.get("customer_id") is not None
        if value is _LEFT_OUT:
            if "customer_id" in info.data and not named:
                raise PydanticCustomError("missing", "Field required")
            return None
        if named:
            raise PydanticCustomError("one_customer", "must be left out where customer_id is given")
        return validated(value)


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
            ],
        }
    )


class BookingCancel(Body):
    """Why a booking is cancelled, if anybody says."""

    reason: ShortText | None = None


WITHOUT_REASON = BookingCancel()


class BookingReschedule(Body):
    """Where a booking moves; without `resource_id` it keeps its resource."""

    starts_at: Minute
    resource_id: UUID | None = None
    override: RulesOverride | None = None
    """Needs the scope `bookings:override`."""


class Booking(contract.Booking):
    """A booking. Times are UTC; `local_start` is the resource's wall clock with its offset."""

    # A snapshot for messages to customers.
    business_name: str = Field(exclude=True)


class BookingList(Page):
    """Bookings, newest first; `next_cursor` is null on the last page."""

    bookings: list[Booking]


@raw_routes.post(
    BOOKINGS_PATH,
    status_code=201,
    response_model=Booking,
    responses=decided(201, EXAMPLE, "ETag", links=SHOWN | _NEXT) | waiting(LOCATION, "Preference-Applied", links=SHOWN),
)
@refuses(*CREATING, *SUBMITTING)
async def create_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    body: BookingCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Book an appointment. `confirmed` at once, or `pending_payment` until its deposit is paid."""
    _check_says_what_and_when(body)
    members = dict(body)
    command = CreateBooking.model_construct(  # of what has been checked
        **submitter.envelope(request, caller.tenant_id, body, headers),
        override_reason=override_reason(members.pop("override"), caller),
        **members,
        business_name=caller.tenant_name,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post(
    "/v1/bookings/{booking_id}/cancel",
    response_model=Booking,
    responses=decided(200, _CANCELLED, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*CANCELLING, *SUBMITTING)
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


@routes.post(
    "/v1/bookings/{booking_id}/reschedule",
    response_model=Booking,
    responses=decided(200, _MOVED, "ETag", links=SHOWN | _NEXT) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*_MOVING, *SUBMITTING)
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
        override_reason=override_reason(body.override, caller),
        **_expecting(expected_versions),
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.get(
    BOOKINGS_PATH,
    response_model=BookingList,
    responses=shows(
        200,
        {"bookings": [EXAMPLE], "next_cursor": None},
        links=next_page("list_bookings", "status", "resource_id", "customer_id", "q", "from", "to"),
    ),
)
@refuses("invalid_cursor", *ASKING)
async def list_bookings(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: BookingStatus | None = None,
    resource_id: UUID | None = None,
    customer_id: UUID | None = None,
    q: Search | None = None,
    starts_from: Annotated[
        QueryInstant | None, Query(alias="from", description="Only bookings that start then or later.")
    ] = None,
    starts_to: Annotated[QueryInstant | None, Query(alias="to", description="Only bookings that start before.")] = None,
) -> contract.BookingList:
    """A page of the tenant's bookings, newest first. `q` looks through the newest 2,000 or so of the 200 customers
    whom it finds first."""
    query = ListBookings(
        tenant_id=caller.tenant_id,
        limit=limit,
        cursor=cursor,
        status=status,
        resource_id=resource_id,
        customer_id=customer_id,
        q=q,
        starts_from=starts_from,
        starts_to=starts_to,
    )
    return await call(nats, query)


@routes.get(
    "/v1/bookings/{booking_id:booking}",
    response_model=Booking,
    responses=shows(200, EXAMPLE, "ETag", links=_NEXT) | waiting(LOCATION) | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses(*FOLLOWING, *_MOVING, *REASSIGNING, *ATTENDING, "validation_error", *ASKING)
async def get_booking(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_READ])],
    booking_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> contract.Booking | Response:
    """A booking; 202 while its command still waits; the refusal if it was refused."""
    return await FOLLOWED.show(follower, caller.tenant_id, booking_id, command, response)


def _check_says_what_and_when(body: Appointment) -> None:
    """Raises 422 unless a body names either a hold, or what and when."""
    said = [name for name in ("service_id", "resource_id", "starts_at", "override") if getattr(body, name) is not None]
    if body.hold_id is not None:
        wrong = [FieldError(field=name, message="is said by the hold: leave it out with hold_id") for name in said]
    else:
        missing = [name for name in ("service_id", "starts_at") if name not in said]
        wrong = [FieldError(field=name, message="is missing, unless hold_id is given") for name in missing]
    if wrong:
        raise invalid(wrong)


def override_reason(wanted: RulesOverride | None, caller: Caller) -> str | None:
    """The reason for which rules are overridden, if they are. Raises 403 for a key that may not."""
    if wanted is None:
        return None
    require(caller, Scope.BOOKINGS_OVERRIDE)
    return wanted.reason


def _expecting(versions: list[int] | None) -> dict[str, Any]:
    """The members of a command for `If-Match`; a booking-service of the last release knows one version alone."""
    return {"expected_versions": versions, "expected_version": versions[0] if versions and len(versions) == 1 else None}
