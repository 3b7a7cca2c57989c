"""Bookings: how they look, what may be done with them, what has happened to them."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Command, Contract, Event, ListQuery, Page, Query
from shared.contracts.fields import Metadata, Text
from shared.contracts.money import Money


class BookingStatus(StrEnum):
    """Where a booking stands. What may follow on what: `docs/domain/lifecycle.md`. Further states may come."""

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    COMPLETED = "completed"
    IN_PROGRESS = "in_progress"
    """The business has said that the appointment has begun."""
    NO_SHOW = "no_show"
    """Nobody was there: the slot is used up all the same."""
    PENDING_APPROVAL = "pending_approval"
    """The business has not said yet whether it takes it; the slot is kept meanwhile."""
    DECLINED = "declined"
    """The business did not take it, or did not say so in time."""


STANDING = (
    BookingStatus.PENDING_APPROVAL,
    BookingStatus.PENDING_PAYMENT,
    BookingStatus.CONFIRMED,
    BookingStatus.IN_PROGRESS,
)
"""The states of what is still to come or under way: neither over nor called off."""


class DepositStatus(StrEnum):
    """What booking-service knows of the deposit's money."""

    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    """A part of it has gone back or is on its way, the rest is kept."""
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    """A refund failed, and something is left that it was to give back: a person must look at it."""


class Actor(StrEnum):
    """Who caused a change."""

    BUSINESS = "business"
    """Somebody with a key of the tenant."""
    STRIPE = "stripe"
    SYSTEM = "system"
    """A deadline has passed."""


class Customer(Contract):
    """Who comes: `email` gets the messages."""

    name: str
    email: str
    phone: str | None = None


class Deposit(Contract):
    """The part of the price that is paid ahead, in minor units."""

    amount: int
    refunded_amount: int = 0
    """What of `amount` has gone back or is on its way, as far as booking-service has heard."""
    currency: str
    status: DepositStatus


class BookedResource(Contract):
    """A resource that a booking takes."""

    id: UUID
    name: str


class BookingDetails(Contract):
    """What whoever books may add, taken, kept and shown as it is: a member here is one of the command, of the
    booking and of what the API takes."""

    notes: Text | None = None
    metadata: Metadata = Field(default_factory=dict)


class Booking(BookingDetails):
    """A booking as it stood after one change: the full snapshot that every event carries."""

    id: UUID
    status: BookingStatus
    version: int
    service_id: UUID
    service_name: str
    resource_id: UUID
    resource_name: str
    resources: list[BookedResource] = Field(default_factory=list)
    """All that it takes; the first is the one that `resource_id` names."""
    starts_at: datetime
    ends_at: datetime
    local_start: str
    """`starts_at` in `time_zone` with its offset, RFC 3339."""
    time_zone: str
    customer: Customer
    customer_id: UUID | None = None
    """Whose it is in the registry; null for bookings of before there was one."""
    price: Money
    price_version: int | None = None
    """Which of the service's prices that is; null for bookings of before prices had versions."""
    deposit: Deposit | None = None
    hold_expires_at: datetime | None = None
    approve_by: datetime | None = None
    """When it is declined by itself, unless the business has said by then whether it takes it."""
    business_name: str
    cancellation_reason: str | None = None
    created_at: datetime


class CreateBooking(BookingDetails, Command):
    """Book a slot; without `resource_id` any free resource that offers the service is taken. With `hold_id` the slot is
    that of the hold, and what and when are not said again."""

    TYPE: ClassVar[str] = "command.booking.create_booking.v1"
    CREATES: ClassVar[bool] = True
    RESULT_IN: ClassVar[str | None] = "booking"

    hold_id: UUID | None = None
    service_id: UUID | None = None
    resource_id: UUID | None = None
    starts_at: datetime | None = None
    customer: Customer | None = None
    """Who comes; None: whom `customer_id` names."""
    customer_id: UUID | None = None
    """A customer of the registry, in whose name and under whose address it is made."""
    business_name: str
    override_reason: str | None = None
    """Why it is made against hours, notice, horizon or time off; never over another's place. None: it keeps them."""


class CancelBooking(Command):
    """Cancel the booking named by `subject_id`, on behalf of the business."""

    TYPE: ClassVar[str] = "command.booking.cancel_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_version: int | None = None
    """One version only; of senders before `expected_versions`."""
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class RescheduleBooking(Command):
    """Move the booking named by `subject_id` in place; without `resource_id` it keeps its resource."""

    TYPE: ClassVar[str] = "command.booking.reschedule_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    starts_at: datetime
    resource_id: UUID | None = None
    override_reason: str | None = None
    """As in `CreateBooking`."""
    expected_version: int | None = None
    """One version only; of senders before `expected_versions`."""
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class ReassignBooking(Command):
    """Give the booking named by `subject_id` other resources at the same time; what it needs it must still have."""

    TYPE: ClassVar[str] = "command.booking.reassign_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    resource_ids: list[UUID]
    """All that it is to take from now on."""
    reason: str | None = None
    override_reason: str | None = None
    """As in `CreateBooking`."""
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class ChangeBooking(Command):
    """Give the booking named by `subject_id` other details; members that are null stay."""

    TYPE: ClassVar[str] = "command.booking.change_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    customer: Customer | None = None
    notes: Text | None = None
    """Empty: none."""
    metadata: Metadata | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class ApproveBooking(Command):
    """The business takes the booking named by `subject_id`: it is confirmed, or held for its deposit."""

    TYPE: ClassVar[str] = "command.booking.approve_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class DeclineBooking(Command):
    """The business does not take the booking named by `subject_id`; its slot is free again."""

    TYPE: ClassVar[str] = "command.booking.decline_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class StartBooking(Command):
    """The appointment named by `subject_id` has begun."""

    TYPE: ClassVar[str] = "command.booking.start_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class CompleteBooking(Command):
    """The appointment named by `subject_id` is done, whether or not its end has come."""

    TYPE: ClassVar[str] = "command.booking.complete_booking.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class MarkNoShow(Command):
    """Nobody was there for the appointment named by `subject_id`."""

    TYPE: ClassVar[str] = "command.booking.mark_no_show.v1"
    RESULT_IN: ClassVar[str | None] = "booking"

    reason: str | None = None
    expected_versions: list[int] | None = None
    """The versions at which it is to be carried out; None for any, empty for none."""


class PreviousBooking(Contract):
    """What a booking was before a change: the members that changed, null for those that did not."""

    status: BookingStatus | None = None
    deposit_status: DepositStatus | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    local_start: str | None = None
    time_zone: str | None = None
    resource_id: UUID | None = None
    resource_name: str | None = None
    resources: list[BookedResource] | None = None
    customer: Customer | None = None
    notes: str | None = None
    """Empty: it had none."""
    metadata: dict[str, str] | None = None


class BookingEvent(Event):
    """A change of one booking: the full snapshot after it, and what it was before."""

    booking: Booking
    version: int
    sequence: int
    """Counts this booking's events from 1, so that a consumer can tell old news from new."""
    actor: Actor
    reason: str | None = None
    previous: PreviousBooking | None = None
    """Null for a new booking."""


class BookingHeld(BookingEvent):
    """A slot is held until `hold_expires_at`, waiting for its deposit."""

    TYPE: ClassVar[str] = "booking.held.v1"


class BookingConfirmed(BookingEvent):
    """The appointment stands: no deposit was due, or it has been paid."""

    TYPE: ClassVar[str] = "booking.confirmed.v1"


class BookingApprovalRequested(BookingEvent):
    """A slot is kept until `approve_by`, waiting for the business to say whether it takes the booking."""

    TYPE: ClassVar[str] = "booking.approval_requested.v1"


class BookingDeclined(BookingEvent):
    """The business did not take the booking, or did not say so in time; its slot is free again."""

    TYPE: ClassVar[str] = "booking.declined.v1"


class BookingReassigned(BookingEvent):
    """The same booking at the same time with other resources."""

    TYPE: ClassVar[str] = "booking.reassigned.v1"


class BookingChanged(BookingEvent):
    """Other notes, metadata or contact details; the appointment stays as it is."""

    TYPE: ClassVar[str] = "booking.changed.v1"


class BookingRescheduled(BookingEvent):
    """The same booking at another time or with another resource; its payment stays attached."""

    TYPE: ClassVar[str] = "booking.rescheduled.v1"


class BookingCancelled(BookingEvent):
    """The appointment will not take place; its slot is free again."""

    TYPE: ClassVar[str] = "booking.cancelled.v1"


class BookingExpired(BookingEvent):
    """The deposit did not come in time; the slot is free again."""

    TYPE: ClassVar[str] = "booking.expired.v1"


class BookingStarted(BookingEvent):
    """The appointment has begun."""

    TYPE: ClassVar[str] = "booking.started.v1"


class BookingNoShow(BookingEvent):
    """Nobody was there; money that was paid ahead stays where it is."""

    TYPE: ClassVar[str] = "booking.no_show.v1"


class BookingCompleted(BookingEvent):
    """The appointment is done: its end has passed, or the business has said so."""

    TYPE: ClassVar[str] = "booking.completed.v1"


class LatePaymentRefused(BookingEvent):
    """Money came for a booking that can't be had any more: it must be refunded in full."""

    TYPE: ClassVar[str] = "booking.late_payment_refused.v1"

    payment_id: UUID


class BookingList(Page):
    """Bookings, newest first."""

    bookings: list[Booking]


class GetBooking(Query[Booking]):
    """The booking of that id. Refused `booking_not_found` if the tenant has none."""

    TYPE: ClassVar[str] = "rpc.booking.get_booking.v1"

    booking_id: UUID


class ListBookings(ListQuery[BookingList]):
    """A page of a tenant's bookings, optionally narrowed."""

    TYPE: ClassVar[str] = "rpc.booking.list_bookings.v1"

    status: BookingStatus | None = None
    resource_id: UUID | None = None
    customer_id: UUID | None = None
    q: str | None = None
    """Beginnings of words of the customer's name, address or number, all of which must be found; or of its id."""
    starts_from: datetime | None = None
    starts_to: datetime | None = None
