"""The outbox: events wait here, in the transaction that made them, until the relay has published them.

Rows are never paged by sequence: a row that commits late would be skipped.
Each row is claimed by its writer for `CLAIM_SECONDS`; what is still unpublished after that is
anybody's (`claim_unpublished`). Published rows stay for `KEEP_DAYS`, so that lost streams can be refilled.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.base import Event
from shared.persistence.pruning import BATCH

CLAIM_SECONDS = 5
KEEP_DAYS = 8

_INSERT = """
    INSERT INTO outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[])
"""
_CLAIM = text("""
    UPDATE outbox SET claimed_at = clock_timestamp()
    WHERE id IN (SELECT id FROM outbox
                 WHERE published_at IS NULL
                   AND claimed_at < clock_timestamp() - make_interval(secs => :claim_seconds)
                 ORDER BY claimed_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id, type, subject, payload, correlation_id, causation_id, occurred_at
""")
_MARK = text("UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(CAST(:ids AS uuid[]))")
_DEPTH = text("""
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)
    FROM outbox WHERE published_at IS NULL
""")
# The index is on the time when it happened, which is before it was published.
_PRUNE = text("""
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox
        WHERE published_at < clock_timestamp() - make_interval(days => :days)
          AND occurred_at < clock_timestamp() - make_interval(days => :days)
        LIMIT :batch FOR UPDATE SKIP LOCKED)
""")


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An event as it stands in the outbox and goes out on the wire."""

    id: UUID
    type: str
    subject: str
    payload: str
    correlation_id: UUID | None
    causation_id: UUID | None
    occurred_at: str

    @classmethod
    def of(cls, event: Event) -> "OutboxRow":
        """The row of one event; `occurred_at` in RFC 3339."""
        return cls(
            event.id,
            event.TYPE,
            event.subject,
            event.model_dump_json(),
            event.correlation_id,
            event.causation_id,
            event.occurred_at.isoformat(),
        )


async def add(driver: Any, events: list[Event]) -> list[OutboxRow]:
    """Write the events into the caller's transaction, in one statement."""
    rows = [OutboxRow.of(event) for event in events]
    await driver.execute(
        _INSERT,
        [row.id for row in rows],
        [row.type for row in rows],
        [row.subject for row in rows],
        [row.payload for row in rows],
        [row.correlation_id for row in rows],
        [row.causation_id for row in rows],
        [event.occurred_at for event in events],
    )
    return rows


async def claim_unpublished(connection: AsyncConnection, limit: int) -> list[OutboxRow]:
    """Take rows whose writer did not get them published, each for `CLAIM_SECONDS`."""
    result = await connection.execute(_CLAIM, {"limit": limit, "claim_seconds": CLAIM_SECONDS})
    return [
        OutboxRow(r.id, r.type, r.subject, r.payload, r.correlation_id, r.causation_id, r.occurred_at.isoformat())
        for r in result
    ]


async def mark_published(connection: AsyncConnection, ids: list[UUID]) -> None:
    """Remember that these rows are on their stream (their PubAck has come)."""
    await connection.execute(_MARK, {"ids": ids})


async def depth(connection: AsyncConnection) -> tuple[int, float]:
    """How many events wait, and the age of the oldest in seconds."""
    count, oldest = (await connection.execute(_DEPTH)).one()
    return int(count), float(oldest)


async def prune(connection: AsyncConnection) -> int:
    """Delete a batch of rows published more than `KEEP_DAYS` ago; returns how many went."""
    return (await connection.execute(_PRUNE, {"days": KEEP_DAYS, "batch": BATCH})).rowcount
