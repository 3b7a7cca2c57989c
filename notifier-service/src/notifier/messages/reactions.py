"""What notifier-service does about events: writes down which messages are owed. Sends nothing itself."""

import asyncio

from notifier.messages.bookings import known_bookings, remember
from notifier.messages.catalog import BILLING_EVENTS, BOOKING_EVENTS, messages_owed
from notifier.messages.erasing import forget_person
from notifier.messages.queue import enqueue
from notifier.settings import NotifierSettings
from shared.clock import utc_now
from shared.contracts.billing.payments import PaymentEvent
from shared.contracts.booking.bookings import (
    BookingCompleted,
    BookingEvent,
    BookingExpired,
    BookingNoShow,
    BookingStarted,
)
from shared.contracts.booking.customers import CustomerErased
from shared.errors import NotYet
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("notifier")

BATCH = 100
LINGER_SECONDS = 0.1
"""Nobody waits for a mail's being queued: let a few facts share a transaction."""


# Nobody is written to because a booking expired, began, was completed or missed: who is there knows, and a mail about a
# missed appointment is the business's own to write. But what is told of the booking must know where it stands.
@handlers.on(
    *BOOKING_EVENTS,
    BookingExpired,
    BookingStarted,
    BookingCompleted,
    BookingNoShow,
    name="queue-booking-mail",
    batch=BATCH,
    linger=LINGER_SECONDS,
)
async def queue_booking_mail(
    events: list[BookingEvent], tx: Transaction, settings: NotifierSettings, wake_up: asyncio.Event
) -> None:
    """Remember each booking as it now stands; queue the mail its change is worth, plan its reminders.

    News that is older than what is known queues its mail all the same: whether it still holds is
    decided when it is sent. `wake_up` tells the sender that there is mail.
    """
    await remember(tx.session, events)
    offsets = settings.reminder_offsets_minutes
    messages = [m for event in events for m in messages_owed(event, event.booking, offsets)]
    await enqueue(tx.session, messages, settings.message_domain, utc_now())
    tx.after_commit(wake_up.set)


@handlers.on(*BILLING_EVENTS, name="queue-billing-mail", batch=BATCH, linger=LINGER_SECONDS)
async def queue_billing_mail(
    events: list[PaymentEvent], tx: Transaction, settings: NotifierSettings, wake_up: asyncio.Event
) -> None:
    """Tell customers about their money. Raises `NotYet` while a booking has not been heard of."""
    known = await known_bookings(tx.session, events)
    if missing := [event for event in events if (event.tenant_id, event.booking_id) not in known]:
        raise NotYet(f"no news yet of booking {missing[0].booking_id}")
    told = [(event, booking) for event in events if (booking := known[event.tenant_id, event.booking_id])]
    messages = [m for event, booking in told for m in messages_owed(event, booking, ())]
    await enqueue(tx.session, messages, settings.message_domain, utc_now())
    tx.after_commit(wake_up.set)


@handlers.on(CustomerErased, name="forget-customer")
async def forget_customer(event: CustomerErased, tx: Transaction) -> None:
    """Nothing of a person who was erased stays here, and nobody writes to them any more."""
    await forget_person(tx.session, event)
