"""The published language of booking-service: catalogue, resources, availability, bookings."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract, Event, Money, Query, Refusal, Request

# --- what things look like -------------------------------------------------------------------


class BookingStatus(StrEnum):
    """Where a booking stands. The first two occupy their slot."""

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class DepositStatus(StrEnum):
    """What booking-service knows of the deposit's money."""

    PENDING = "pending"
    PAID = "paid"
    REFUNDED = "refunded"


class Customer(Contract):
    """Who comes: `email` gets the messages."""

    name: str
    email: str
    phone: str | None = None


class Deposit(Contract):
    """The part of the price that is paid ahead, in minor units."""

    amount: int
    currency: str
    status: DepositStatus


class Service(Contract):
    """Something a business sells by appointment. Minutes are elapsed minutes, never wall clock."""

    id: UUID
    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    deposit_percent: int = 0
    minimum_notice_minutes: int = 120
    horizon_days: int = 90
    slot_step_minutes: int = 30
    created_at: datetime


class WeeklyHours(Contract):
    """One opening window, wall clock of the resource's zone. Monday is 0; `closes` may be `24:00`."""

    weekday: int
    opens: str
    closes: str


class Resource(Contract):
    """Whoever or whatever can be booked: a team, a room, a van."""

    id: UUID
    name: str
    time_zone: str
    weekly_hours: list[WeeklyHours]
    service_ids: list[UUID]
    created_at: datetime


class Booking(Contract):
    """A booking as it stood after one change: the full snapshot that every event carries."""

    id: UUID
    status: BookingStatus
    version: int
    service_id: UUID
    service_name: str
    resource_id: UUID
    resource_name: str
    starts_at: datetime
    ends_at: datetime
    local_start: str
    """`starts_at` in `time_zone` with its offset, RFC 3339."""
    time_zone: str
    customer: Customer
    notes: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    price: Money
    deposit: Deposit | None = None
    hold_expires_at: datetime | None = None
    business_name: str
    cancellation_reason: str | None = None
    created_at: datetime


class Slot(Contract):
    """A start that can be booked now, and the resources that are free for it."""

    starts_at: datetime
    ends_at: datetime
    local_start: str
    time_zone: str
    resource_ids: list[UUID]


# --- requests (durable, answered by an Outcome) ----------------------------------------------


class CreateService(Request):
    """Add a service to the catalogue; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "request.booking.create_service.v1"

    name: str
    duration_minutes: int
    price: Money
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: int
    minimum_notice_minutes: int
    horizon_days: int
    slot_step_minutes: int


class CreateResource(Request):
    """Add a bookable resource; `subject_id` becomes its id."""

    TYPE: ClassVar[str] = "request.booking.create_resource.v1"

    name: str
    time_zone: str
    weekly_hours: list[WeeklyHours]
    service_ids: list[UUID]


class CreateBooking(Request):
    """Book a slot; without `resource_id` any free resource that offers the service is taken."""

    TYPE: ClassVar[str] = "request.booking.create_booking.v1"

    service_id: UUID
    resource_id: UUID | None = None
    starts_at: datetime
    customer: Customer
    notes: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    business_name: str


class CancelBooking(Request):
    """Cancel the booking named by `subject_id`, on behalf of the business."""

    TYPE: ClassVar[str] = "request.booking.cancel_booking.v1"

    reason: str | None = None
    expected_version: int | None = None


class RescheduleBooking(Request):
    """Move the booking named by `subject_id` in place; without `resource_id` it keeps its resource."""

    TYPE: ClassVar[str] = "request.booking.reschedule_booking.v1"

    starts_at: datetime
    resource_id: UUID | None = None
    expected_version: int | None = None


# --- events ----------------------------------------------------------------------------------


class BookingEvent(Event):
    """A change of one booking: the full snapshot after it, and what it was before."""

    booking: Booking
    version: int
    sequence: int
    """Counts this booking's events from 1, so that a consumer can tell old news from new."""
    actor: str
    """Who caused it: `business` (an API key), `stripe`, or `system` (a deadline passed)."""
    reason: str | None = None
    previous: dict[str, Any] | None = None
    """The members that changed, with their former values; null for a new booking."""


class BookingHeld(BookingEvent):
    """A slot is held until `hold_expires_at`, waiting for its deposit."""

    TYPE: ClassVar[str] = "booking.held.v1"


class BookingConfirmed(BookingEvent):
    """The appointment stands: no deposit was due, or it has been paid."""

    TYPE: ClassVar[str] = "booking.confirmed.v1"


class BookingRescheduled(BookingEvent):
    """The same booking at another time or with another resource; its payment stays attached."""

    TYPE: ClassVar[str] = "booking.rescheduled.v1"


class BookingCancelled(BookingEvent):
    """The appointment will not take place; its slot is free again."""

    TYPE: ClassVar[str] = "booking.cancelled.v1"


class BookingExpired(BookingEvent):
    """The deposit did not come in time; the slot is free again."""

    TYPE: ClassVar[str] = "booking.expired.v1"


class BookingCompleted(BookingEvent):
    """The appointment's end has passed."""

    TYPE: ClassVar[str] = "booking.completed.v1"


class BookingNoShow(BookingEvent):
    """The customer did not come."""

    TYPE: ClassVar[str] = "booking.no_show.v1"


class LatePaymentRefused(BookingEvent):
    """Money came for a booking that can't be had any more: it must be refunded in full (domain-rules §1)."""

    TYPE: ClassVar[str] = "booking.late_payment_refused.v1"

    payment_id: UUID


# --- queries ---------------------------------------------------------------------------------


class Page(Contract):
    """Where a list goes on: pass `next_cursor` back as `cursor`; null on the last page."""

    next_cursor: str | None = None


class BookingList(Page):
    """Bookings, newest first."""

    bookings: list[Booking]


class ServiceList(Page):
    """Services, newest first."""

    services: list[Service]


class ResourceList(Page):
    """Resources, newest first."""

    resources: list[Resource]


class SlotList(Contract):
    """Free slots in order of time."""

    slots: list[Slot]


class RequestState(Contract):
    """What a creation request has come to: its booking, its refusal, or (both null) not known."""

    booking: Booking | None = None
    refusal: Refusal | None = None


class GetBooking(Query[RequestState]):
    """The booking of that id, or the refusal if the request of that id was refused."""

    SUBJECT: ClassVar[str] = "rpc.booking.get_booking"

    tenant_id: UUID
    booking_id: UUID


class ListBookings(Query[BookingList]):
    """A page of a tenant's bookings, optionally narrowed."""

    SUBJECT: ClassVar[str] = "rpc.booking.list_bookings"

    tenant_id: UUID
    limit: int = 50
    cursor: str | None = None
    status: BookingStatus | None = None
    resource_id: UUID | None = None
    starts_from: datetime | None = None
    starts_to: datetime | None = None


class GetService(Query[Service]):
    """One service. Refused `not_found` if the tenant has none of that id."""

    SUBJECT: ClassVar[str] = "rpc.booking.get_service"

    tenant_id: UUID
    service_id: UUID


class ListServices(Query[ServiceList]):
    """A page of a tenant's services."""

    SUBJECT: ClassVar[str] = "rpc.booking.list_services"

    tenant_id: UUID
    limit: int = 50
    cursor: str | None = None


class GetResource(Query[Resource]):
    """One resource. Refused `not_found` if the tenant has none of that id."""

    SUBJECT: ClassVar[str] = "rpc.booking.get_resource"

    tenant_id: UUID
    resource_id: UUID


class ListResources(Query[ResourceList]):
    """A page of a tenant's resources."""

    SUBJECT: ClassVar[str] = "rpc.booking.list_resources"

    tenant_id: UUID
    limit: int = 50
    cursor: str | None = None


class FindSlots(Query[SlotList]):
    """Free slots of a service that start in `[from_, to)`; at most 62 days."""

    SUBJECT: ClassVar[str] = "rpc.booking.find_slots"

    tenant_id: UUID
    service_id: UUID
    from_: datetime
    to: datetime
    resource_id: UUID | None = None
