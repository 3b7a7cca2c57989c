"""The relay: the only publisher of events. Bridges the outbox and JetStream.

Rows go straight from the commit that wrote them to their stream; a row whose writer died, or could
not reach NATS, is swept up from the table by any replica a few seconds later. Either way the
`Nats-Msg-Id` is the event's id, so a repeat is dropped by the stream or by the consumer's inbox.
Order is not promised: versions and `NotYet` cover it.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import cache
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Unavailable
from shared.failpoints import KernelFailpoint, failpoint, on_path
from shared.messaging.broker import Broker
from shared.metrics import EVENTS_PUBLISHED, OUTBOX_OLDEST_SECONDS, OUTBOX_PENDING
from shared.persistence import inbox, outbox
from shared.persistence.database import DATABASE_OUTAGES, Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.pruning import prune_in_batches

log = structlog.get_logger()

_published = cache(EVENTS_PUBLISHED.labels)

BATCH = 256
HAND_OVER_LIMIT = 20_000
"""More rows than this are not kept in memory: the sweep finds them in the table."""
MARK_SECONDS = 0.1
SWEEP_SECONDS = 1.0
PRUNE_SECONDS = 60.0


async def publish_event(broker: Broker, source: str, row: OutboxRow) -> bool:
    """Publish a row as the CloudEvent of the service `source`; returns once it is stored.

    False if its stream has it already, as far as the stream remembers. Raises `Unavailable`.
    """
    headers = {
        "ce-specversion": "1.0",
        "ce-id": str(row.id),
        "ce-type": row.type,
        "ce-source": f"/tidebook/{source}",
        "ce-time": row.occurred_at,
        "content-type": "application/json",
    }
    if row.correlation_id:
        headers["ce-correlationid"] = str(row.correlation_id)
    return await broker.publish(row.subject, row.payload.encode(), str(row.id), headers)


class Relay:
    """Publishes one service's outbox."""

    def __init__(self, broker: Broker, database: Database, source: str) -> None:
        self._broker = broker
        self._database = database
        self._path = f"{source}-relay"
        self._source = source
        self._handed_over: deque[OutboxRow] = deque()
        self._published: list[UUID] = []
        self._publishing = False
        self._wake = asyncio.Event()
        self._stopping = False

    def committed(self, rows: list[OutboxRow]) -> None:
        """Take over rows that have just been committed."""
        if rows and len(self._handed_over) < HAND_OVER_LIMIT:
            self._handed_over.extend(rows)
            self._wake.set()

    async def run(self) -> None:
        """Publish until stopped, then publish what was handed over."""
        on_path(self._path)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_handed_over())
            tasks.create_task(self._mark())
            tasks.create_task(self._sweep())

    def stop(self) -> None:
        """End `run` once the rows in hand are out; the table keeps the rest for other replicas."""
        self._stopping = True
        self._wake.set()

    async def _publish_handed_over(self) -> None:
        while not (self._stopping and not self._handed_over):
            if not self._handed_over:
                self._wake.clear()
                await self._wake.wait()
                continue
            rows = [self._handed_over.popleft() for _ in range(min(BATCH, len(self._handed_over)))]
            self._publishing = True
            failpoint(KernelFailpoint.OUTBOX_HANDED_OVER)
            await self._publish(rows)
            self._publishing = False

    async def _sweep(self) -> None:
        pruned_at = time.monotonic()
        while not self._stopping:
            try:
                async with self._database.system.begin() as connection:
                    rows = await outbox.claim_unpublished(connection, BATCH)
                if rows:
                    failpoint(KernelFailpoint.OUTBOX_SWEPT)
                    log.info("outbox_swept", rows=len(rows))
                    if await self._publish(rows) and len(rows) == BATCH:
                        continue
                async with self._database.system.begin() as connection:
                    pending, oldest = await outbox.depth(connection)
                OUTBOX_PENDING.set(pending)
                OUTBOX_OLDEST_SECONDS.set(oldest)
                if time.monotonic() - pruned_at > PRUNE_SECONDS:
                    pruned_at = time.monotonic()
                    await self._forget()
            except DATABASE_OUTAGES as error:
                log.warning("outbox_unreachable", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _forget(self) -> None:
        """Delete what has been published, and handled, long ago."""
        for prune in (outbox.prune, inbox.prune):

            async def forget_some(prune: Callable[[AsyncConnection], Awaitable[int]] = prune) -> int:
                async with self._database.system.begin() as connection:
                    return await prune(connection)

            await prune_in_batches(forget_some)

    async def _publish(self, rows: list[OutboxRow]) -> bool:
        """Publish at once; what got its PubAck is marked soon, the rest stays for the sweep."""
        results = await asyncio.gather(*(self._publish_one(row) for row in rows))
        failpoint(KernelFailpoint.OUTBOX_PUBLISHED)
        self._published.extend(row.id for row, ok in zip(rows, results, strict=True) if ok)
        return all(results)

    async def _mark(self) -> None:
        """Mark what was published, many rows in one commit; well before anybody would sweep them."""
        while not (self._stopping and not self._handed_over and not self._publishing):
            await asyncio.sleep(MARK_SECONDS)
            await self._mark_published()
        await self._mark_published()

    async def _mark_published(self) -> None:
        ids, self._published = self._published, []
        if not ids:
            return
        try:
            async with self._database.system.begin() as connection:
                await outbox.mark_published(connection, ids)
            failpoint(KernelFailpoint.OUTBOX_MARKED)
        except DATABASE_OUTAGES as error:
            log.warning("outbox_not_marked", error=type(error).__name__, rows=len(ids))

    async def _publish_one(self, row: OutboxRow) -> bool:
        try:
            await publish_event(self._broker, self._source, row)
        except Unavailable as error:
            log.warning("event_not_published", type=row.type, error=str(error))
            return False
        _published(row.type).inc()
        return True
