"""What is changed of a booking beside its time: who comes to do it, notes, contact details."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bookings import (
    CHANGED,
    EXAMPLE,
    LOCATION,
    OUTCOME,
    REASSIGNING,
    SHOWN,
    Booking,
    CustomerDetails,
    RulesOverride,
    override_reason,
)
from gateway.api.dependencies import Submitter
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import refuses
from gateway.http.body import STRICT, Body, given, unchanged
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.bookings import ChangeBooking, ReassignBooking
from shared.contracts.fields import Metadata, ShortText, Text

routes = api_router("Bookings")

_OTHERS = EXAMPLE | {
    "version": 2,
    "resource_id": "01936c5e-7d80-7000-8000-000000000004",
    "resource_name": "Team B",
    "resources": [{"id": "01936c5e-7d80-7000-8000-000000000004", "name": "Team B"}],
}
_NOTED = EXAMPLE | {"version": 2, "notes": "The key is under the mat."}


class BookingReassign(Body):
    """What a booking is to take instead, all of it; the first is the one that it is shown with."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"examples": [{"resource_ids": ["01936c5e-7d80-7000-8000-000000000004"], "reason": "Ill"}]}
    )

    resource_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    reason: ShortText | None = None
    override: RulesOverride | None = None
    """Needs the scope `bookings:override`."""


class BookingPatch(Body):
    """What is to be different; what is left out stays (RFC 7396). Notes can be taken away with null."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [{"notes": "The key is under the mat."}]})

    customer: CustomerDetails = unchanged()
    notes: Text | None = None
    metadata: Metadata = unchanged()


@routes.post(
    "/v1/bookings/{booking_id}/reassign",
    response_model=Booking,
    responses=decided(200, _OTHERS, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*REASSIGNING, "validation_error", *SUBMITTING)
async def reassign_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    body: BookingReassign,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Give a booking other resources at the same time."""
    command = ReassignBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        resource_ids=body.resource_ids,
        reason=body.reason,
        override_reason=override_reason(body.override, caller),
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.patch(
    "/v1/bookings/{booking_id:booking}",
    response_model=Booking,
    responses=decided(200, _NOTED, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses("booking_not_found", "version_conflict", *SUBMITTING)
async def change_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    body: BookingPatch,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Change notes, metadata and contact details, whatever the booking's state."""
    members = given(body)
    if "notes" in members:
        members["notes"] = members["notes"] or ""
    command = ChangeBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        **members,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)
