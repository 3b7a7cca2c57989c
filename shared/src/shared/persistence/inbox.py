"""The inbox: which messages a consumer has handled, written in the transaction of their effect.

Kept longer than any stream keeps messages, so that a late redelivery or a replay finds its claim.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.persistence.pruning import BATCH

KEEP_DAYS = 15

_CLAIM = """
    INSERT INTO inbox (consumer, message_id)
    SELECT $1, message_id FROM unnest($2::uuid[]) AS message_id
    ON CONFLICT ON CONSTRAINT inbox_pkey DO NOTHING RETURNING message_id
"""
_PEEK = text("""
    SELECT message_id FROM inbox WHERE consumer = :consumer AND message_id = ANY(CAST(:ids AS uuid[]))
""")
_PRUNE = text("""
    DELETE FROM inbox WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM inbox WHERE handled_at < clock_timestamp() - make_interval(days => :days)
        LIMIT :batch))
""")


async def claim(driver: Any, consumer: str, ids: list[UUID]) -> set[UUID]:
    """Claim messages for this consumer; returns those that nobody had claimed before.

    Sorted, so that two replicas that share messages wait for each other instead of deadlocking.
    """
    rows = await driver.fetch(_CLAIM, consumer, sorted(set(ids)))
    return {row["message_id"] for row in rows}


async def handled(connection: AsyncConnection, consumer: str, ids: list[UUID]) -> set[UUID]:
    """Which of these messages this consumer has handled, without claiming any."""
    return set((await connection.execute(_PEEK, {"consumer": consumer, "ids": ids})).scalars())


async def prune(connection: AsyncConnection) -> int:
    """Delete a batch of claims older than `KEEP_DAYS`; returns how many went."""
    return (await connection.execute(_PRUNE, {"days": KEEP_DAYS, "batch": BATCH})).rowcount
