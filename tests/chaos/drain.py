"""Waiting until a stack that nobody disturbs any more has done all its work."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from billing.main import STRIPE_EFFECTS
from devstack.process import DevstackError
from devstack.stack import Stack
from shared.messaging.topology import STREAMS
from tests.chaos.evidence import SCHEMAS

LOOK_SECONDS = 2.0
CALM_LOOKS = 3
"""So often in a row nothing must be left: work may be on its way between two services."""

_WAITING = {
    "holds": "SELECT count(*) FROM booking.bookings WHERE status = 'pending_payment'",
    "refunds": "SELECT count(*) FROM billing.refunds WHERE status = 'requested'",
    "parked Stripe events": "SELECT count(*) FROM billing.stripe_events WHERE state = 'parked'",
    "messages": "SELECT count(*) FROM notifier.messages WHERE kind <> 'reminder' AND status IN ('queued', 'sending')",
} | {f"{schema}'s outbox": f"SELECT count(*) FROM {schema}.outbox WHERE published_at IS NULL" for schema in SCHEMAS}
# A mail that the relay has refused a few times waits for minutes, then hours. Let that time have passed.
_MAKE_DUE = """
    UPDATE notifier.messages SET next_attempt_at = now()
    WHERE status = 'queued' AND kind <> 'reminder' AND next_attempt_at > now() + interval '5 seconds'
"""


async def drain(stack: Stack, within_seconds: float) -> list[str]:
    """Wait for the end of all work; returns what is still to be done when the time is over."""
    give_up_at = time.monotonic() + within_seconds
    calm = 0
    left: dict[str, int] = {"everything": 1}
    while time.monotonic() < give_up_at:
        try:
            await asyncio.to_thread(stack.wait_ready, within_seconds=5)
            left = {what: count for what, count in (await waiting(stack)).items() if count}
        except (DevstackError, OSError, asyncpg.PostgresError, httpx.HTTPError, NatsError, JetStreamError) as error:
            left = {f"an answer ({type(error).__name__}: {error})"[:200]: 1}
        calm = 0 if left else calm + 1
        if calm >= CALM_LOOKS:
            return []
        await asyncio.sleep(LOOK_SECONDS)
    return [f"after {within_seconds:.0f} s there are still {count} {what}" for what, count in left.items()]


async def waiting(stack: Stack) -> dict[str, int]:
    """How much of each kind of work is still to be done."""
    async with _database(stack) as connection:
        await connection.execute(_MAKE_DUE)
        left = {what: int(await connection.fetchval(statement)) for what, statement in _WAITING.items()}
        heard = {row["event_id"] for row in await connection.fetch("SELECT event_id FROM billing.stripe_events")}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        books = (await http.get(f"{stack.servers.stripe.url}/_fake/books")).json()
    left["webhooks"] = sum(delivery["state"] == "pending" for delivery in books["deliveries"])
    left["unheard Stripe events"] = sum(
        e["type"] in STRIPE_EFFECTS.by_type and e["id"] not in heard for e in books["events"]
    )
    return left | await _deliveries(stack)


async def _deliveries(stack: Stack) -> dict[str, int]:
    """What consumers have yet to handle, by durable."""
    client = await nats.connect(stack.servers.nats.url, connect_timeout=5)
    try:
        js = client.jetstream(timeout=5)
        return {
            f"deliveries to {info.name}": (info.num_pending or 0) + (info.num_ack_pending or 0)
            for stream in STREAMS
            for info in await js.consumers_info(stream.name)
        }
    finally:
        await client.close()


@asynccontextmanager
async def _database(stack: Stack) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(stack.servers.postgres.url, timeout=5)
    try:
        yield connection
    finally:
        await connection.close()
