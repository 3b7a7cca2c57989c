"""Every message that is sent, as data; its words are the templates of the same name, by locale.

A further one is an entry here, a member of `MessageKind` and a template; the reactions listen to what
entries name as their events.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from notifier.messages import rules
from notifier.messages.model import About, NewMessage
from notifier.messages.reminders import planned_reminders
from notifier.messages.rules import Guard, Wait
from shared.contracts.base import Event
from shared.contracts.billing.payments import PaymentEvent, PaymentSucceeded
from shared.contracts.billing.refunds import RefundEvent, RefundFailed, RefundIssued
from shared.contracts.booking.bookings import (
    Booking,
    BookingCancelled,
    BookingConfirmed,
    BookingEvent,
    BookingHeld,
    BookingRescheduled,
    BookingStatus,
)
from shared.contracts.notifier.messages import MessageKind


class Audience(StrEnum):
    """Who gets a message."""

    CUSTOMER = "customer"
    """Who has booked, at the address given then."""


class Attachment(StrEnum):
    """What goes along with a message."""

    APPOINTMENT = "appointment"
    """A calendar file that adds or moves the appointment, if it stands."""
    APPOINTMENT_REMOVED = "appointment_removed"
    """A calendar file that takes the appointment back, if it stood."""


Schedule = Callable[[Booking, datetime, Sequence[int]], list[tuple[int, datetime | None]]]
"""From the booking, the event's time and the reminders' offsets: for each copy its offset, and when it is due."""


def _at_once(booking: Booking, decided_at: datetime, offsets: Sequence[int]) -> list[tuple[int, datetime | None]]:  # noqa: ARG001 - a `Schedule`
    return [(0, None)]


def _before_the_start(
    booking: Booking, decided_at: datetime, offsets: Sequence[int]
) -> list[tuple[int, datetime | None]]:
    """Reminders of a time that stands; none while the booking still waits for its deposit."""
    if booking.status is not BookingStatus.CONFIRMED:
        return []
    return [*planned_reminders(booking.starts_at, booking.time_zone, decided_at, offsets)]


@dataclass(frozen=True, slots=True)
class MessageDefinition:
    """One kind of message."""

    kind: MessageKind
    events: tuple[type[Event], ...]
    """What causes it."""
    guard: Guard
    """Whether it is still true when it is sent."""
    template: str
    audience: Audience = Audience.CUSTOMER
    attachment: Attachment | None = None
    schedule: Schedule = _at_once
    """When it goes. What does not go at once is written by the booking as it stands then."""
    wait: Wait = rules.any_time
    """Whether it may go at this hour, however late it is by then."""


DEFINITIONS = (
    MessageDefinition(MessageKind.HELD, (BookingHeld,), rules.awaits_payment, "held"),
    MessageDefinition(
        MessageKind.CONFIRMED, (BookingConfirmed,), rules.is_confirmed, "confirmed", attachment=Attachment.APPOINTMENT
    ),
    MessageDefinition(
        MessageKind.RESCHEDULED, (BookingRescheduled,), rules.stands, "rescheduled", attachment=Attachment.APPOINTMENT
    ),
    MessageDefinition(
        MessageKind.CANCELLED,
        (BookingCancelled,),
        rules.always,
        "cancelled",
        attachment=Attachment.APPOINTMENT_REMOVED,
    ),
    MessageDefinition(MessageKind.PAYMENT_RECEIVED, (PaymentSucceeded,), rules.always, "payment_received"),
    MessageDefinition(MessageKind.REFUND, (RefundIssued,), rules.always, "refund"),
    MessageDefinition(MessageKind.REFUND_FAILED, (RefundFailed,), rules.always, "refund_failed"),
    MessageDefinition(
        MessageKind.REMINDER,
        (BookingConfirmed, BookingRescheduled),
        rules.is_ahead,
        "reminder",
        schedule=_before_the_start,
        wait=rules.by_day,
    ),
)
CATALOG = {definition.kind: definition for definition in DEFINITIONS}
_CAUSED_BY: dict[type[Event], list[MessageDefinition]] = {}
for _definition in DEFINITIONS:
    for _event in _definition.events:
        _CAUSED_BY.setdefault(_event, []).append(_definition)

BOOKING_EVENTS = tuple(event for event in _CAUSED_BY if issubclass(event, BookingEvent))
BILLING_EVENTS = tuple(event for event in _CAUSED_BY if issubclass(event, PaymentEvent))
"""What the two reactions must hear."""


def messages_owed(
    event: BookingEvent | PaymentEvent, booking: Booking, reminder_offsets: Sequence[int]
) -> list[NewMessage]:
    """The messages that an event is worth; `booking` is the one that it is about, as it stands."""
    definitions = _CAUSED_BY.get(type(event), [])
    about = _about(event, booking).model_dump_json() if definitions else None
    return [
        NewMessage(
            cause=event,
            kind=definition.kind,
            subject_id=_subject(event, booking),
            version=booking.version,
            recipient=_recipient(definition.audience, booking),
            booking_id=booking.id,
            about=about if send_at is None else None,
            send_at=send_at,
            offset_minutes=offset,
        )
        for definition in definitions
        for offset, send_at in definition.schedule(booking, event.occurred_at, reminder_offsets)
    ]


def _subject(event: BookingEvent | PaymentEvent, booking: Booking) -> UUID:
    """What its messages are about, each once: a deposit may go back in several parts, and each part is told."""
    return event.refund_id if isinstance(event, RefundEvent) else booking.id


def _about(event: BookingEvent | PaymentEvent, booking: Booking) -> About:
    # Not validated anew: its parts are contracts already, and this is done for every event.
    return About.model_construct(
        booking=booking,
        occurred_at=event.occurred_at,
        previous=event.previous if isinstance(event, BookingEvent) else None,
        amount=event.amount if isinstance(event, PaymentEvent) else None,
        refund_reason=event.reason if isinstance(event, RefundEvent) else None,
    )


def _recipient(audience: Audience, booking: Booking) -> str:
    return {Audience.CUSTOMER: booking.customer.email}[audience]
