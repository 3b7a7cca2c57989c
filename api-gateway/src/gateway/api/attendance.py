"""Appointments whose time has come: begun, done, missed."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bookings import ATTENDING, CHANGED, EXAMPLE, LOCATION, OUTCOME, SHOWN, Booking
from gateway.api.dependencies import Submitter
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import refuses
from gateway.http.body import Body
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.bookings import CompleteBooking, MarkNoShow, StartBooking
from shared.contracts.fields import ShortText

routes = api_router("Bookings")

_BEGUN = EXAMPLE | {"version": 2, "status": "in_progress", "deposit": None, "hold_expires_at": None}
_DONE = _BEGUN | {"status": "completed"}
_MISSED = _BEGUN | {"status": "no_show"}


class BookingAttendance(Body):
    """Why a booking is begun, done or missed just now, if anybody says; told with the event."""

    reason: ShortText | None = None


WITHOUT_REMARK = BookingAttendance()


@routes.post(
    "/v1/bookings/{booking_id}/start",
    response_model=Booking,
    responses=decided(200, _BEGUN, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*ATTENDING, *SUBMITTING)
async def start_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingAttendance = WITHOUT_REMARK,
) -> Response:
    """The appointment has begun: a confirmed one, on its local day at the earliest."""
    command = StartBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post(
    "/v1/bookings/{booking_id}/complete",
    response_model=Booking,
    responses=decided(200, _DONE, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*ATTENDING, *SUBMITTING)
async def complete_booking(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingAttendance = WITHOUT_REMARK,
) -> Response:
    """The appointment is done, before its end perhaps. Without a word it is completed at its end."""
    command = CompleteBooking(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)


@routes.post(
    "/v1/bookings/{booking_id}/no-show",
    response_model=Booking,
    responses=decided(200, _MISSED, "ETag", links=SHOWN) | waiting(CHANGED, "Preference-Applied", links=OUTCOME),
)
@refuses(*ATTENDING, *SUBMITTING)
async def mark_no_show(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    booking_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    body: BookingAttendance = WITHOUT_REMARK,
) -> Response:
    """Nobody was there, told after the start. A paid deposit is not refunded."""
    command = MarkNoShow(
        **submitter.envelope(request, caller.tenant_id, body, headers, booking_id),
        reason=body.reason,
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, Booking, LOCATION)
