"""Messages in their table: each purpose once, due by the business' clock, with or without a booking."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifier.messages.model import Attempt, ClaimedMessage, MessageStatus, NewMessage
from notifier.messages.queue import MESSAGES, REMINDERS, Queue, claim_due, enqueue, give_back, settle
from shared.clock import utc_now
from shared.contracts.booking.bookings import BookingConfirmed
from shared.contracts.notifier.messages import MessageKind
from shared.identifiers import new_id
from shared.persistence.database import Database
from tests.support.bookings import a_booking, news

LATER = utc_now() + timedelta(days=1000)
"""Nothing of other tests is due before it."""
SECOND = timedelta(seconds=1)


@pytest.fixture
async def session(notifier_database: Database) -> AsyncIterator[AsyncSession]:
    """A transaction that is rolled back: the rows that it sees are nobody else's."""
    async with notifier_database.system.connect() as connection:
        yield AsyncSession(connection)
        await connection.rollback()


def a_message(kind: MessageKind = MessageKind.CONFIRMED, **changes: Any) -> NewMessage:
    """A message of a tenant of its own, about a booking that nobody has heard of."""
    booking = a_booking(id=new_id())
    members: dict[str, Any] = {
        "cause": news(BookingConfirmed, booking, tenant_id=new_id()),
        "kind": kind,
        "subject_id": booking.id,
        "version": 1,
        "recipient": "ada@example.com",
        "booking_id": booking.id,
    }
    return NewMessage(**members | changes)


async def claimed(
    session: AsyncSession, message: NewMessage, now: datetime, queue: Queue = MESSAGES
) -> list[ClaimedMessage]:
    """This message, if it can be had at that time."""
    due = await claim_due(session, queue, 10_000, now)
    return [m for m in due if m.tenant_id == message.cause.tenant_id]


async def test_a_purpose_is_written_down_once(session: AsyncSession) -> None:
    message = a_message()
    await enqueue(session, [message], "example.com", LATER)
    await enqueue(session, [message, replace(message, subject_id=new_id())], "example.com", LATER)
    assert len(await claimed(session, message, LATER)) == 2


async def test_a_message_needs_no_booking(session: AsyncSession) -> None:
    message = a_message(booking_id=None)
    await enqueue(session, [message, message], "example.com", LATER)
    [found] = await claimed(session, message, LATER)
    assert (found.booking_id, found.booking_status, found.booking_version) == (None, None, None)
    assert (found.locale, found.version, found.send_at) == ("en", 1, LATER)


async def test_a_message_is_due_by_the_clock_of_the_business(session: AsyncSession) -> None:
    message = a_message(MessageKind.REMINDER, send_at=LATER)
    await enqueue(session, [message], "example.com", utc_now())
    assert not await claimed(session, message, LATER - SECOND, REMINDERS)
    [found] = await claimed(session, message, LATER, REMINDERS)
    # The lease runs by real time, however late it is for the business.
    assert not await claimed(session, message, LATER + timedelta(days=1), REMINDERS)
    again_at = LATER + timedelta(minutes=5)
    assert await settle(session, found, Attempt(MessageStatus.QUEUED, "smtp: 450", again_at))
    assert not await claimed(session, message, again_at - SECOND, REMINDERS)
    [found] = await claimed(session, message, again_at, REMINDERS)
    assert (found.attempts, found.send_at) == (2, LATER)
    await give_back(session, [found], again_at)
    [found] = await claimed(session, message, again_at, REMINDERS)
    assert found.attempts == 2
    assert await settle(session, found, Attempt(MessageStatus.SENT))
    assert not await settle(session, found, Attempt(MessageStatus.SENT)), "it is settled already"


async def test_a_kind_that_is_not_known_is_left_to_a_newer_version(session: AsyncSession) -> None:
    message = a_message()
    await enqueue(session, [message], "example.com", LATER)
    await session.execute(
        text("UPDATE messages SET kind = 'invoice' WHERE tenant_id = :tenant"), {"tenant": message.cause.tenant_id}
    )
    assert not await claimed(session, message, LATER)


async def test_of_two_reminders_that_are_due_the_nearer_is_told_of(session: AsyncSession) -> None:
    far = a_message(MessageKind.REMINDER, send_at=LATER, offset_minutes=1440)
    near = replace(far, send_at=LATER + timedelta(hours=22), offset_minutes=120)
    await enqueue(session, [far, near], "example.com", utc_now())
    [alone] = await claimed(session, far, LATER, REMINDERS)
    assert not alone.overtaken
    assert await settle(session, alone, Attempt(MessageStatus.QUEUED, "smtp: 450", LATER + timedelta(hours=23)))
    both = await claimed(session, far, LATER + timedelta(hours=23), REMINDERS)
    assert sorted((m.send_at, m.overtaken) for m in both) == [(far.send_at, True), (near.send_at, False)]
