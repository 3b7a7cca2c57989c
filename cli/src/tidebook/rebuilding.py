"""`tidebook rebuild-streams`: refills lost streams from the outbox, as the relay published them.

Every event goes out again under its own id: what its stream still remembers is dropped there, and what
a consumer has handled is known to its inbox. No state changes twice. Requests and webhooks stand in no
outbox: their senders repeat them, and billing-service asks Stripe.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.persistence.outbox import KEEP_DAYS, OutboxRow
from shared.relay import publish_event
from tidebook.environment import CommandFailed

REFILLED = ("booking", "billing", "notifier")
"""The services with an outbox; each has a stream of its name."""
_AT_ONCE = 256
_ATTEMPTS = 10
_PAUSE_SECONDS = 1.0
_PUBLISHED = """
    SELECT id, type, subject, payload, correlation_id, causation_id, occurred_at FROM outbox
    WHERE occurred_at >= $1 AND published_at IS NOT NULL ORDER BY occurred_at, id
"""


@dataclass(slots=True)
class Refilled:
    """What came of one service's outbox."""

    service: str
    read: int = 0
    stored: int = 0
    known: int = 0
    """Dropped by the stream, which remembers their ids."""


async def rebuild(
    broker: Broker, url: str, service: str, since: datetime, progress: Callable[[Refilled], None]
) -> Refilled:
    """Publish again what the service published since then, oldest first. Raises `CommandFailed`."""
    done = Refilled(service)
    try:
        async for batch in _batches(url, service, since):
            results = await asyncio.gather(*(_publish(broker, service, row) for row in batch))
            done.read += len(batch)
            done.stored += sum(results)
            done.known += len(batch) - sum(results)
            progress(done)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise CommandFailed(f"{service}: its database can't be read: {str(error) or type(error).__name__}") from error
    except Unavailable as error:
        raise CommandFailed(f"{service}: stopped after {done.read} events: {error}; safe to start again") from error
    return done


async def _batches(url: str, service: str, since: datetime) -> AsyncIterator[list[OutboxRow]]:
    settings = {"search_path": service, "statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    connection = await asyncpg.connect(url, timeout=5, server_settings=settings)
    try:
        async with connection.transaction(readonly=True):
            cursor = await connection.cursor(_PUBLISHED, since)
            while rows := await cursor.fetch(_AT_ONCE):
                yield [_row(row) for row in rows]
    finally:
        await connection.close(timeout=5)


def _row(row: Any) -> OutboxRow:
    return OutboxRow(**{**row, "occurred_at": row["occurred_at"].isoformat()})


async def _publish(broker: Broker, service: str, row: OutboxRow) -> bool:
    """Whether the event is newly stored. Raises `Unavailable` once NATS has been away for too long."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await publish_event(broker, service, row)
        except Unavailable:
            if attempt == _ATTEMPTS:
                raise
            await asyncio.sleep(_PAUSE_SECONDS)
    raise AssertionError


OLDEST_DAYS = KEEP_DAYS
"""Older events are in no outbox any more."""
