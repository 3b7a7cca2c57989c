"""What notifier-service does about events: writes down which messages are owed. Sends nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass

from notifier.model import known_bookings, message_about_money, messages_about, queue, remember
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.billing.refunds import RefundIssued
from shared.contracts.booking.bookings import (
    BookingCancelled,
    BookingCompleted,
    BookingConfirmed,
    BookingEvent,
    BookingExpired,
    BookingHeld,
    BookingRescheduled,
)
from shared.errors import NotYet
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("notifier")

BATCH = 100
LINGER_SECONDS = 0.1
"""Nobody waits for a mail's being queued: let a few facts share a transaction."""


@dataclass(frozen=True, slots=True)
class Mailroom:
    """What handlers need to queue mail: the reminders' offsets, the Message-IDs' domain, a bell for the sender."""

    reminder_offsets: tuple[int, ...]
    message_domain: str
    ring: Callable[[], None]


@handlers.on(
    BookingHeld,
    BookingConfirmed,
    BookingRescheduled,
    BookingCancelled,
    BookingExpired,
    BookingCompleted,
    name="queue-booking-mail",
    batch=BATCH,
    linger=LINGER_SECONDS,
)
async def queue_booking_mail(events: list[BookingEvent], tx: Transaction, mailroom: Mailroom) -> None:
    """Remember each booking as it now stands; queue the mail its change is worth, plan its reminders.

    News that is older than what is known queues its mail all the same: whether it still holds is
    decided when it is sent (`composing.overtaken`).
    """
    await remember(tx.session, events)
    messages = [m for event in events for m in messages_about(event, mailroom.reminder_offsets)]
    await queue(tx.session, messages, mailroom.message_domain)
    tx.after_commit(mailroom.ring)


@handlers.on(PaymentSucceeded, RefundIssued, name="queue-billing-mail", batch=BATCH, linger=LINGER_SECONDS)
async def queue_billing_mail(
    events: list[PaymentSucceeded | RefundIssued], tx: Transaction, mailroom: Mailroom
) -> None:
    """Tell customers about their money. Raises `NotYet` while a booking has not been heard of."""
    known = await known_bookings(tx.session, events)
    if missing := [event for event in events if (event.tenant_id, event.booking_id) not in known]:
        raise NotYet(f"no news yet of booking {missing[0].booking_id}")
    messages = [message_about_money(event, known[event.tenant_id, event.booking_id]) for event in events]
    await queue(tx.session, messages, mailroom.message_domain)
    tx.after_commit(mailroom.ring)
