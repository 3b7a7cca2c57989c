"""What notifier-service knows: bookings as last heard of, and one row for each message about them.

A message's row is unique by its purpose (tenant, booking, version, kind, reminder offset, recipient),
so that however often an event comes, one mail is owed. How rows are sent is `sending`'s business.
All statements take whole batches; all are sorted, so that replicas never deadlock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifier.reminders import planned_reminders
from shared.contracts.base import Contract, Event
from shared.contracts.billing.payments import PaymentEvent, PaymentSucceeded
from shared.contracts.billing.refunds import RefundIssued, RefundReason
from shared.contracts.booking.bookings import (
    Booking,
    BookingCancelled,
    BookingConfirmed,
    BookingEvent,
    BookingHeld,
    BookingRescheduled,
    BookingStatus,
    PreviousBooking,
)
from shared.contracts.money import Money
from shared.identifiers import new_id

KEEP_DAYS = 90
"""How long finished messages and silent bookings are kept."""


class MessageKind(StrEnum):
    """What a message is for."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    PAYMENT_RECEIVED = "payment_received"
    REFUND = "refund"
    REMINDER = "reminder"


class MessageStatus(StrEnum):
    """Where a message stands. The first three are open, the others final."""

    PLANNED = "planned"
    """A reminder whose time has not come."""
    QUEUED = "queued"
    SENDING = "sending"
    """In one process' hands until its lease runs out; a crash here may cost a second copy."""
    SENT = "sent"
    SKIPPED = "skipped"
    """Overtaken by events, or mail is off. `last_error` says which."""
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
    """A message to be written down. `send_at` None: at once. `about` None: asked for when it is sent."""

    cause: Event
    booking: Booking
    kind: MessageKind
    about: str | None
    send_at: datetime | None = None
    offset_minutes: int = 0


def messages_about(event: BookingEvent, reminder_offsets: Sequence[int]) -> list[NewMessage]:
    """The messages that a change of a booking is worth: its mail, and reminders of a time that stands."""
    kind = _MAILED.get(type(event))
    if kind is None:
        return []
    booking = event.booking
    about = About.model_construct(booking=booking, occurred_at=event.occurred_at, previous=event.previous)
    messages = [NewMessage(event, booking, kind, about.model_dump_json())]
    if kind in (MessageKind.CONFIRMED, MessageKind.RESCHEDULED) and booking.status is BookingStatus.CONFIRMED:
        messages += [
            NewMessage(event, booking, MessageKind.REMINDER, None, due, offset)
            for offset, due in planned_reminders(
                booking.starts_at, booking.time_zone, event.occurred_at, reminder_offsets
            )
        ]
    return messages


def message_about_money(event: PaymentSucceeded | RefundIssued, booking: Booking) -> NewMessage:
    """The message about a payment or a refund, to the customer of its booking."""
    about = About.model_construct(
        booking=booking,
        occurred_at=event.occurred_at,
        amount=event.amount,
        refund_reason=event.reason if isinstance(event, RefundIssued) else None,
    )
    kind = MessageKind.REFUND if isinstance(event, RefundIssued) else MessageKind.PAYMENT_RECEIVED
    return NewMessage(event, booking, kind, about.model_dump_json())


_MAILED: dict[type[BookingEvent], MessageKind] = {
    BookingHeld: MessageKind.HELD,
    BookingConfirmed: MessageKind.CONFIRMED,
    BookingRescheduled: MessageKind.RESCHEDULED,
    BookingCancelled: MessageKind.CANCELLED,
}

_REMEMBER = text("""
    INSERT INTO bookings (tenant_id, booking_id, version, sequence, status, snapshot)
    SELECT tenant_id, booking_id, version, sequence, status, CAST(snapshot AS jsonb)
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:versions AS integer[]),
                CAST(:sequences AS integer[]), CAST(:statuses AS text[]), CAST(:snapshots AS text[]))
         AS heard (tenant_id, booking_id, version, sequence, status, snapshot)
    ON CONFLICT ON CONSTRAINT bookings_pkey DO UPDATE
    SET version = excluded.version, sequence = excluded.sequence, status = excluded.status,
        snapshot = excluded.snapshot, updated_at = clock_timestamp()
    WHERE bookings.sequence < excluded.sequence
""")
_KNOWN = text("""
    SELECT b.tenant_id, b.booking_id, CAST(b.snapshot AS text) AS snapshot
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[])) AS wanted (tenant_id, booking_id)
    JOIN bookings b USING (tenant_id, booking_id)
""")
_QUEUE = text("""
    INSERT INTO messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status,
                          send_at, next_attempt_at, subject_data, message_id_header, correlation_id, causation_id)
    SELECT tenant_id, id, booking_id, kind, version, minutes, recipient,
           CASE WHEN send_at IS NULL THEN 'queued' ELSE 'planned' END,
           coalesce(send_at, now()), coalesce(send_at, now()), CAST(about AS jsonb),
           '<' || id || '@' || CAST(:domain AS text) || '>', correlation_id, causation_id
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:bookings AS uuid[]), CAST(:kinds AS text[]),
                CAST(:versions AS integer[]), CAST(:offsets AS integer[]), CAST(:recipients AS text[]),
                CAST(:times AS timestamptz[]), CAST(:abouts AS text[]), CAST(:correlations AS uuid[]),
                CAST(:causations AS uuid[]))
         AS new (tenant_id, id, booking_id, kind, version, minutes, recipient, send_at, about,
                 correlation_id, causation_id)
    ON CONFLICT ON CONSTRAINT messages_purpose_key DO NOTHING
""")
_PRUNE_MESSAGES = text("""
    DELETE FROM messages WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM messages
        WHERE created_at < now() - CAST(:age AS interval) AND status IN ('sent', 'skipped', 'failed')
        LIMIT 5000))
""")
_PRUNE_BOOKINGS = text("""
    DELETE FROM bookings WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM bookings b
        WHERE updated_at < now() - CAST(:age AS interval)
          AND CAST(snapshot ->> 'ends_at' AS timestamptz) < now() - CAST(:age AS interval)
          AND NOT EXISTS (SELECT 1 FROM messages m
                          WHERE m.tenant_id = b.tenant_id AND m.booking_id = b.booking_id)
        LIMIT 5000))
""")


async def remember(session: AsyncSession, events: Collection[BookingEvent]) -> None:
    """Keep each booking as its newest event shows it; older news changes nothing."""
    newest: dict[tuple[UUID, UUID], BookingEvent] = {}
    for event in sorted(events, key=lambda e: (e.tenant_id, e.booking.id, e.sequence)):
        newest[event.tenant_id, event.booking.id] = event
    await session.execute(
        _REMEMBER,
        {
            "tenants": [tenant for tenant, _ in newest],
            "ids": [booking for _, booking in newest],
            "versions": [event.version for event in newest.values()],
            "sequences": [event.sequence for event in newest.values()],
            "statuses": [event.booking.status for event in newest.values()],
            "snapshots": [event.booking.model_dump_json() for event in newest.values()],
        },
    )


async def known_bookings(session: AsyncSession, events: Collection[PaymentEvent]) -> dict[tuple[UUID, UUID], Booking]:
    """The bookings that these events are about, as far as they have been heard of: by (tenant, booking)."""
    rows = await session.execute(
        _KNOWN, {"tenants": [e.tenant_id for e in events], "ids": [e.booking_id for e in events]}
    )
    return {(row.tenant_id, row.booking_id): Booking.model_validate_json(row.snapshot) for row in rows}


async def queue(session: AsyncSession, messages: Collection[NewMessage], message_domain: str) -> None:
    """Write messages down, each purpose once; `message_domain` stands right of the `@` in their Message-IDs."""
    if not messages:
        return
    rows = sorted(messages, key=lambda m: (m.cause.tenant_id, m.booking.id, m.booking.version, m.kind))
    await session.execute(
        _QUEUE,
        {
            "tenants": [m.cause.tenant_id for m in rows],
            "ids": [new_id() for _ in rows],
            "bookings": [m.booking.id for m in rows],
            "kinds": [m.kind for m in rows],
            "versions": [m.booking.version for m in rows],
            "offsets": [m.offset_minutes for m in rows],
            "recipients": [m.booking.customer.email for m in rows],
            "times": [m.send_at for m in rows],
            "abouts": [m.about for m in rows],
            "correlations": [m.cause.correlation_id for m in rows],
            "causations": [m.cause.id for m in rows],
            "domain": message_domain,
        },
    )


async def prune(session: AsyncSession) -> int:
    """Delete a batch of finished messages and of bookings long over; returns how many rows went."""
    gone = 0
    for statement in (_PRUNE_MESSAGES, _PRUNE_BOOKINGS):
        result = await session.execute(statement, {"age": timedelta(days=KEEP_DAYS)})
        gone += result.rowcount  # type: ignore[attr-defined]
    return gone
