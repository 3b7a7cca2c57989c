"""The batched handler without a kernel: nats-py and asyncpg alone, the same statements over the same rows."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout

from bench.infrastructure import Kernel
from shared.identifiers import new_id

SCRATCH = """
    CREATE TABLE visits (
        tenant_id uuid NOT NULL, booking_id uuid NOT NULL, version integer NOT NULL, starts_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, booking_id));
    GRANT SELECT, INSERT, UPDATE ON visits TO booking
"""
REMEMBER = """
    INSERT INTO visits (tenant_id, booking_id, version, starts_at)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::timestamptz[])
    ON CONFLICT ON CONSTRAINT visits_pkey DO UPDATE
    SET version = excluded.version, starts_at = excluded.starts_at WHERE visits.version < excluded.version
"""
_CLAIM = """
    INSERT INTO inbox (consumer, message_id) SELECT $1, message_id FROM unnest($2::uuid[]) AS message_id
    ON CONFLICT DO NOTHING RETURNING message_id
"""
_ANNOUNCE = """
    INSERT INTO outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[])
"""


async def react(
    kernel: Kernel, durable: str, batch: int, handled: Callable[[int], None]
) -> Callable[[], Awaitable[None]]:
    """Fetch, write, acknowledge."""
    nats = await kernel.raw_nats()
    pool = await kernel.raw_database()
    subscription = await nats.jetstream().pull_subscribe("booking.confirmed.v1.>", durable, "BOOKING")

    async def work() -> None:
        while True:
            try:
                messages = await subscription.fetch(batch, timeout=1)
            except NatsTimeout:
                continue
            async with pool.acquire() as connection:
                fresh = await _write(connection, durable, messages)
            handled(fresh)
            for message in messages:
                await message.ack()

    working = asyncio.create_task(work())

    async def stop() -> None:
        working.cancel()
        await asyncio.wait({working})
        await pool.close()
        await nats.close()

    return stop


async def _write(connection: "asyncpg.pool.PoolConnectionProxy[Any]", durable: str, messages: list[Msg]) -> int:
    """One transaction; returns how many events were new."""
    events = [json.loads(message.data) for message in messages]
    async with connection.transaction():
        await connection.execute(
            "SELECT set_config('app.tenant_ids', $1, true)", ",".join({event["tenant_id"] for event in events})
        )
        claimed = await connection.fetch(_CLAIM, durable, [UUID(event["id"]) for event in events])
        new = {row["message_id"] for row in claimed}
        fresh = [event for event in events if UUID(event["id"]) in new]
        await connection.execute(
            REMEMBER,
            [UUID(event["tenant_id"]) for event in fresh],
            [UUID(event["booking"]["id"]) for event in fresh],
            [event["version"] for event in fresh],
            [datetime.fromisoformat(event["booking"]["starts_at"]) for event in fresh],
        )
        now = datetime.now(UTC)
        ids = [new_id() for _ in fresh]
        await connection.execute(
            _ANNOUNCE,
            ids,
            ["notifier.message_sent.v1"] * len(fresh),
            [f"notifier.message_sent.v1.{event['tenant_id']}" for event in fresh],
            [_announcement(event, own_id, now) for event, own_id in zip(fresh, ids, strict=True)],
            [UUID(event["correlation_id"]) for event in fresh],
            [UUID(event["id"]) for event in fresh],
            [now] * len(fresh),
        )
    return len(fresh)


def _announcement(event: dict[str, Any], own_id: UUID, now: datetime) -> str:
    return json.dumps(
        {
            "id": str(own_id),
            "occurred_at": now.isoformat(),
            "tenant_id": event["tenant_id"],
            "correlation_id": event["correlation_id"],
            "causation_id": event["id"],
            "message_id": str(new_id()),
            "booking_id": event["booking"]["id"],
            "kind": "confirmed",
            "version": 1,
        }
    )
