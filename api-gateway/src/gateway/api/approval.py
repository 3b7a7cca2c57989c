"""Bookings that wait for the business to say whether it takes them."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bookings import CHANGED, EXAMPLE, LOCATION, OUTCOME, SHOWN, Booking
from gateway.api.dependencies import Submitter
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import refuses
from gateway.http.body import Body
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.bookings import ApproveBooking, DeclineBooking
from shared.contracts.fields import ShortText

routes = api_router("Bookings")

_DECIDING = ("booking_not_found", "transition_not_allowed", "version_conflict")
_APPROVED = EXAMPLE | {"version": 2}
_DECLINED = EXAMPLE | {"version": 2, "status": "declined", "hold_expires_at": None}


class BookingDecision(Body):
    """Why a booking is taken or not, if anybody says; told with the event."""

    reason: ShortText | None = None


WITHOUT_WORD = BookingDecision()


@routes.post(
    "/v1/bookings/{booking_id}/approve",
    response_model=Booking,
    responses=decided(200, _APPROVED, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*_DECIDING, "booking_closed", *SUBMITTING)
async def approve_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingDecision = WITHOUT_WORD,
) -> Response:
    """Take a booking that waits for approval: `confirmed`, or `pending_payment` from now on if a deposit is due."""
    command = ApproveBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post(
    "/v1/bookings/{booking_id}/decline",
    response_model=Booking,
    responses=decided(200, _DECLINED, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*_DECIDING, *SUBMITTING)
async def decline_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingDecision = WITHOUT_WORD,
) -> Response:
    """Do not take a booking that waits for approval: its slot is free again. No deposit was asked for."""
    command = DeclineBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)
