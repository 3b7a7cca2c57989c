"""The public routes of bookings and their payments."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import read_json
from gateway.gateway import BookingsReader, PaymentsReader, admit, gateway_of
from gateway.keys import Scope
from gateway.paging import Cursor, Limit, QueryInstant, check_cursor
from gateway.problems import FieldError, Problem, invalid
from gateway.request_headers import parse_if_match
from gateway.requests import accepted
from gateway.responses import show
from gateway.routing import LIST_PROBLEMS, READ_PROBLEMS, SECURITY, WRITE_PROBLEMS, LeanRoute, durable, problems, takes
from gateway.schemas import (
    Accepted,
    BookingPage,
    BookingShown,
    Cancellation,
    NewBooking,
    NewTime,
    PaymentShown,
    Status,
)
from shared.contracts.billing.payments import GetPayment
from shared.contracts.booking.bookings import (
    Booking,
    BookingStatus,
    CancelBooking,
    CreateBooking,
    Customer,
    GetBooking,
    ListBookings,
    RescheduleBooking,
)
from shared.messaging.rpc import Rejected, call

writes = APIRouter(route_class=LeanRoute, tags=["Bookings"])
reads = APIRouter(tags=["Bookings"])

LOCATION = "/v1/bookings/{id}"
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "Stored; it will be carried out. `Location` shows what came of it."}
}


@writes.post(
    "/v1/bookings",
    status_code=201,
    response_model=BookingShown,
    responses=_ACCEPTED | WRITE_PROBLEMS,
    openapi_extra=durable(takes(NewBooking)),
)
async def create_booking(request: Request) -> Response:
    """Book an appointment. `confirmed` at once, or `pending_payment` until its deposit is paid."""
    caller = await admit(request, Scope.BOOKINGS_WRITE)
    body = await read_json(request, NewBooking)
    requests = gateway_of(request).requests
    command = CreateBooking.model_construct(  # of what `body` and `admit` have checked
        **requests.envelope(request, caller.tenant_id, body),
        service_id=body.service_id,
        resource_id=body.resource_id,
        starts_at=body.starts_at,
        customer=Customer.model_construct(
            name=body.customer.name, email=body.customer.email, phone=body.customer.phone
        ),
        notes=body.notes,
        metadata=body.metadata,
        business_name=caller.tenant_name,
    )
    return await requests.submit(request, command, BookingShown, LOCATION)


@writes.post(
    "/v1/bookings/{booking_id}/cancel",
    response_model=BookingShown,
    responses=_ACCEPTED | WRITE_PROBLEMS,
    openapi_extra=durable(takes(Cancellation, path="booking_id", required=False), conditional=True),
)
async def cancel_booking(request: Request) -> Response:
    """Call an appointment off. A paid deposit is refunded in full."""
    caller = await admit(request, Scope.BOOKINGS_WRITE)
    booking_id = path_id(request, "booking_id")
    body = await read_json(request, Cancellation, empty=b"{}")
    requests = gateway_of(request).requests
    command = CancelBooking(
        **requests.envelope(request, caller.tenant_id, body, booking_id),
        reason=body.reason,
        expected_version=parse_if_match(request.headers.getlist("if-match")),
    )
    return await requests.submit(request, command, BookingShown, LOCATION)


@writes.post(
    "/v1/bookings/{booking_id}/reschedule",
    response_model=BookingShown,
    responses=_ACCEPTED | WRITE_PROBLEMS,
    openapi_extra=durable(takes(NewTime, path="booking_id"), conditional=True),
)
async def reschedule_booking(request: Request) -> Response:
    """Move a booking: the same id, the next version, its payment stays attached."""
    caller = await admit(request, Scope.BOOKINGS_WRITE)
    booking_id = path_id(request, "booking_id")
    body = await read_json(request, NewTime)
    requests = gateway_of(request).requests
    command = RescheduleBooking(
        **requests.envelope(request, caller.tenant_id, body, booking_id),
        starts_at=body.starts_at,
        resource_id=body.resource_id,
        expected_version=parse_if_match(request.headers.getlist("if-match")),
    )
    return await requests.submit(request, command, BookingShown, LOCATION)


@reads.get(
    "/v1/bookings",
    response_model=BookingPage,
    responses=LIST_PROBLEMS,
    openapi_extra={"security": SECURITY},
)
async def list_bookings(
    request: Request,
    caller: BookingsReader,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Status | None = None,
    resource_id: UUID | None = None,
    starts_from: Annotated[
        QueryInstant | None, Query(alias="from", description="Only bookings that start then or later.")
    ] = None,
    starts_to: Annotated[QueryInstant | None, Query(alias="to", description="Only bookings that start before.")] = None,
) -> Response:
    """A page of the tenant's bookings, newest first."""
    query = ListBookings(
        tenant_id=caller.tenant_id,
        limit=limit,
        cursor=check_cursor(cursor),
        status=BookingStatus(status) if status else None,
        resource_id=resource_id,
        starts_from=starts_from,
        starts_to=starts_to,
    )
    return show(BookingPage.model_validate(await call(gateway_of(request).broker, query)))


@reads.get(
    "/v1/bookings/{booking_id}",
    response_model=BookingShown,
    responses=_ACCEPTED | READ_PROBLEMS | problems(409),
    openapi_extra={"security": SECURITY},
)
async def get_booking(request: Request, caller: BookingsReader, booking_id: UUID) -> Response:
    """A booking; 202 while its request still waits; the refusal if it was refused."""
    booking = await followed_booking(request, caller.tenant_id, booking_id)
    if booking is None:
        return accepted(booking_id, LOCATION.format(id=booking_id))
    return show(BookingShown.model_validate(booking), headers={"ETag": f'"{booking.version}"'})


@reads.get(
    "/v1/bookings/{booking_id}/payment",
    response_model=PaymentShown,
    responses=_ACCEPTED | READ_PROBLEMS | problems(409),
    openapi_extra={"security": SECURITY},
    tags=["Payments"],
)
async def get_payment(request: Request, caller: PaymentsReader, booking_id: UUID) -> Response:
    """The deposit's payment. `requested` without a client secret means: ask again in a moment."""
    query = GetPayment(tenant_id=caller.tenant_id, booking_id=booking_id)
    try:
        return show(PaymentShown.model_validate(await call(gateway_of(request).broker, query)))
    except Rejected as rejected:
        if rejected.refusal.status != 404:
            raise
    booking = await followed_booking(request, caller.tenant_id, booking_id)
    if booking is None:
        return accepted(booking_id, LOCATION.format(id=booking_id))
    return show(payment_to_come(booking))


async def followed_booking(request: Request, tenant_id: UUID, booking_id: UUID) -> Booking | None:
    """The booking, or None while the command for it waits. Raises as `DurableRequests.follow`."""

    def query_of(asked: UUID) -> GetBooking:
        return GetBooking(tenant_id=tenant_id, booking_id=asked)

    return await gateway_of(request).requests.follow(CreateBooking, tenant_id, booking_id, query_of)


def payment_to_come(booking: Booking) -> PaymentShown:
    """What is shown while billing-service has not heard of the booking yet.

    Raises 404 `payment_not_found` if it needs no deposit.
    """
    if booking.deposit is None:
        raise Problem(404, "This booking needs no payment.", "payment_not_found")
    status = "requested" if booking.status is BookingStatus.PENDING_PAYMENT else "canceled"
    return PaymentShown.model_validate(
        {
            "status": status,
            "amount": booking.deposit.amount,
            "currency": booking.deposit.currency,
            "client_secret": None,
            "payment_intent_id": None,
        }
    )


def path_id(request: Request, name: str) -> UUID:
    """The id in the path of a lean route. Raises 422 if it is none."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise invalid([FieldError(field=name, message="must be a UUID")]) from None
