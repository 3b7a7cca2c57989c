"""What a message is: what it is about, how it is written down, how it looks to the process that sends it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.contracts.base import Contract, Event
from shared.contracts.billing.refunds import RefundReason
from shared.contracts.booking.bookings import Booking, BookingStatus, PreviousBooking
from shared.contracts.money import Money
from shared.contracts.notifier.messages import MessageKind

DEFAULT_LOCALE = "en"
"""A folder of `templates/`."""


class MessageStatus(StrEnum):
    """Where a message stands. The first three are open, the others final."""

    PLANNED = "planned"
    """A reminder whose time has not come."""
    QUEUED = "queued"
    SENDING = "sending"
    """In one process' hands until its lease runs out; a crash here may cost a second copy."""
    SENT = "sent"
    SKIPPED = "skipped"
    """Superseded, or mail is off. `last_error` says which."""
    FAILED = "failed"


class About(Contract):
    """What a message says: stored with it, so that it can be written long after the event."""

    booking: Booking
    occurred_at: datetime
    previous: PreviousBooking | None = None
    """Former values of what a booking's change has changed."""
    amount: Money | None = None
    """What was paid or refunded."""
    refund_reason: RefundReason | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be written down, unique by its purpose: subject, version, kind, reminder offset, recipient."""

    cause: Event
    kind: MessageKind
    subject_id: UUID
    """The thing it is about."""
    version: int
    """That thing's version."""
    recipient: str
    booking_id: UUID | None = None
    """The booking that it is held against before it leaves, if it has to do with one."""
    about: str | None = None
    """An `About` as JSON; None: asked for when the message is sent."""
    send_at: datetime | None = None
    """None: at once."""
    offset_minutes: int = 0
    """Of a reminder: before the start."""
    locale: str = DEFAULT_LOCALE


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message in this process' hands, and its booking as last heard of."""

    tenant_id: UUID
    id: UUID
    kind: MessageKind
    booking_id: UUID | None
    version: int
    recipient: str
    locale: str
    send_at: datetime
    """When it was due first."""
    attempts: int
    interruptions: int
    """How often a process has died, or lost its lease, while it held this message."""
    about: str | None
    message_id_header: str
    correlation_id: UUID | None
    causation_id: UUID | None
    booking_status: BookingStatus | None
    booking_version: int | None
    overtaken: bool
    """Whether a reminder nearer to the start is due as well: after an outage one of them is enough."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt to send a message has ended."""

    status: MessageStatus
    error: str | None = None
    next_attempt_at: datetime | None = None
    """If it is queued again."""
