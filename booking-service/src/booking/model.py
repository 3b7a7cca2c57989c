"""Bookings: what is stored, and the verbs that change it.

A booking's status changes only through its verbs. Repeating a verb with the same cause does
nothing; a verb that its status does not allow raises. No NATS, no HTTP here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import CHAR, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.availability import SlotRules
from booking.catalogue import Resource
from shared.contracts import booking as contracts
from shared.contracts.base import Money
from shared.contracts.booking import BookingEvent, BookingStatus, DepositStatus
from shared.errors import DomainError, NotFound
from shared.persistence.database import Base

SCHEMA_REVISION = "0002_events_by_cause"

ACTIVE = (BookingStatus.PENDING_PAYMENT, BookingStatus.CONFIRMED)
"""The states that occupy a slot; the exclusion constraint lists the same."""


class BookingNotFound(NotFound):
    """The tenant has no such booking."""

    code = "booking_not_found"
    title = "Booking not found"


class SlotTaken(DomainError):
    """Somebody else has the slot; `alternatives` are the next free ones."""

    code = "slot_taken"
    title = "Slot taken"


class OutsideHours(DomainError):
    """The appointment does not lie within opening hours."""

    code = "outside_hours"
    title = "Outside opening hours"


class TooSoon(DomainError):
    """The start is in the past or within the service's minimum notice."""

    code = "too_soon"
    title = "Too soon"


class TooFar(DomainError):
    """The start lies beyond the service's horizon."""

    code = "too_far"
    title = "Too far ahead"


class VersionConflict(DomainError):
    """The booking has changed since the caller saw it (`If-Match`)."""

    code = "version_conflict"
    title = "Version conflict"


class BookingClosed(DomainError):
    """The booking is cancelled, expired or over; it can't be changed any more."""

    code = "booking_closed"
    title = "Booking closed"


class InvalidWish(DomainError):
    """The request is well-formed but makes no sense; `errors` says where."""

    code = "validation_error"
    status = 422
    title = "Validation error"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", {"errors": [{"field": field, "message": message}]})


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How long a slot is held for its deposit."""

    minutes: int


class Booking(Base):
    """An appointment of one customer with one resource, from hold to end."""

    __tablename__ = "bookings"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    version: Mapped[int]
    sequence: Mapped[int]
    service_id: Mapped[UUID]
    service_name: Mapped[str]
    resource_id: Mapped[UUID]
    resource_name: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    occupied: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    time_zone: Mapped[str]
    customer_name: Mapped[str]
    customer_email: Mapped[str]
    customer_phone: Mapped[str | None]
    notes: Mapped[str | None]
    # "metadata" is SQLAlchemy's own name on a mapped class.
    labels: Mapped[dict[str, str]] = mapped_column("metadata", JSONB)
    price_amount: Mapped[int]
    price_currency: Mapped[str] = mapped_column(CHAR(3))
    deposit_amount: Mapped[int]
    deposit_status: Mapped[str | None]
    hold_expires_at: Mapped[datetime | None]
    payment_id: Mapped[UUID | None]
    business_name: Mapped[str]
    cancellation_reason: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())

    # --- verbs: each returns the event to announce, or None if there is nothing new --------

    def confirm(self, payment_id: UUID) -> BookingEvent | None:
        """The deposit is paid. A hold that has expired in the meantime is taken again (late money).

        The exclusion constraint decides whether the slot is still free. Raises `BookingClosed` if
        the booking was cancelled or is over: the money must go back.
        """
        if self.payment_id == payment_id:
            return None
        if self.status not in (BookingStatus.PENDING_PAYMENT, BookingStatus.EXPIRED):
            raise BookingClosed(f"the booking is {self.status}")
        previous = {"status": self.status, "deposit_status": self.deposit_status}
        self.status = BookingStatus.CONFIRMED
        self.deposit_status = DepositStatus.PAID
        self.payment_id = payment_id
        self.hold_expires_at = None
        return self._changed(contracts.BookingConfirmed, "stripe", "deposit paid", previous)

    def refuse_late_payment(self, payment_id: UUID, reason: str) -> BookingEvent:
        """Money has come for a booking that can't be had any more; billing gives it back in full."""
        self.sequence += 1
        return contracts.LatePaymentRefused(
            tenant_id=self.tenant_id,
            booking=self.snapshot(),
            version=self.version,
            sequence=self.sequence,
            actor="system",
            reason=reason,
            payment_id=payment_id,
        )

    def record_refund(self) -> None:
        """The deposit has gone back."""
        self.deposit_status = DepositStatus.REFUNDED

    def expire(self) -> BookingEvent | None:
        """The deposit did not come in time; the slot is free again."""
        if self.status != BookingStatus.PENDING_PAYMENT:
            return None
        previous = {"status": self.status}
        self.status = BookingStatus.EXPIRED
        return self._changed(contracts.BookingExpired, "system", "deposit not paid in time", previous)

    def complete(self) -> BookingEvent | None:
        """The appointment's end has passed."""
        if self.status != BookingStatus.CONFIRMED:
            return None
        previous = {"status": self.status}
        self.status = BookingStatus.COMPLETED
        return self._changed(contracts.BookingCompleted, "system", None, previous)

    def cancel(self, reason: str | None, expected_version: int | None) -> BookingEvent | None:
        """The business calls the appointment off. Cancelling twice changes nothing."""
        if self.status == BookingStatus.CANCELLED:
            return None
        self._check_open(expected_version)
        previous = {"status": self.status}
        self.status = BookingStatus.CANCELLED
        self.cancellation_reason = reason
        self.hold_expires_at = None
        return self._changed(contracts.BookingCancelled, "business", reason, previous)

    def reschedule(
        self, starts_at: datetime, rules: SlotRules, resource: Resource, expected_version: int | None
    ) -> BookingEvent | None:
        """Move in place: same id, version + 1, payment stays attached (domain-rules §1).

        The database refuses the flush if the new slot is taken. Moving to where it is changes nothing.
        """
        self._check_open(expected_version)
        if starts_at == self.starts_at and resource.id == self.resource_id:
            return None
        previous = {
            "starts_at": self.starts_at.isoformat(),
            "ends_at": self.ends_at.isoformat(),
            "local_start": local_time(self.starts_at, self.time_zone),
            "time_zone": self.time_zone,
            "resource_id": str(self.resource_id),
            "resource_name": self.resource_name,
        }
        self.starts_at = starts_at
        self.ends_at = rules.ends_at(starts_at)
        self.occupied = Range(*rules.occupied(starts_at), bounds="[)")
        self.resource_id, self.resource_name, self.time_zone = resource.id, resource.name, resource.time_zone
        return self._changed(contracts.BookingRescheduled, "business", None, previous)

    def snapshot(self) -> contracts.Booking:
        """The booking as it stands, for events and answers."""
        return contracts.Booking.model_construct(
            id=self.id,
            status=BookingStatus(self.status),
            version=self.version,
            service_id=self.service_id,
            service_name=self.service_name,
            resource_id=self.resource_id,
            resource_name=self.resource_name,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            local_start=local_time(self.starts_at, self.time_zone),
            time_zone=self.time_zone,
            customer=contracts.Customer.model_construct(
                name=self.customer_name, email=self.customer_email, phone=self.customer_phone
            ),
            notes=self.notes,
            metadata=self.labels,
            price=Money.model_construct(amount=self.price_amount, currency=self.price_currency),
            deposit=contracts.Deposit.model_construct(
                amount=self.deposit_amount,
                currency=self.price_currency,
                status=DepositStatus(self.deposit_status),
            )
            if self.deposit_status
            else None,
            hold_expires_at=self.hold_expires_at,
            business_name=self.business_name,
            cancellation_reason=self.cancellation_reason,
            created_at=self.created_at,
        )

    def _check_open(self, expected_version: int | None) -> None:
        if expected_version is not None and expected_version != self.version:
            raise VersionConflict(f"the booking is at version {self.version}", {"version": self.version})
        if self.status not in ACTIVE:
            raise BookingClosed(f"the booking is {self.status}", {"booking_status": str(self.status)})

    def _changed(
        self, event_type: type[BookingEvent], actor: str, reason: str | None, previous: dict[str, Any]
    ) -> BookingEvent:
        self.version += 1
        self.sequence += 1
        return event_type(
            tenant_id=self.tenant_id,
            booking=self.snapshot(),
            version=self.version,
            sequence=self.sequence,
            actor=actor,
            reason=reason,
            previous=previous,
        )


def hold_until(now: datetime, holds: HoldPolicy) -> datetime:
    """When a hold made now ends."""
    return now + timedelta(minutes=holds.minutes)


def local_time(instant: datetime, time_zone: str) -> str:
    """The instant on the clock of a zone, RFC 3339 with its offset."""
    return instant.astimezone(ZoneInfo(time_zone)).isoformat()


async def locked_booking(session: AsyncSession, tenant_id: UUID, booking_id: UUID) -> Booking:
    """The booking, locked until the transaction ends. Raises `BookingNotFound`."""
    booking = await session.get(Booking, (tenant_id, booking_id), with_for_update=True)
    if booking is None:
        raise BookingNotFound("no such booking")
    return booking
