"""The one way to change anything: a transaction that knows its tenants and its outgoing events.

Row-level security shows a transaction the rows of the tenants it names and no others; naming none
shows nothing (ADR 0006). Nothing networked belongs inside.
"""

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.contracts.base import Event
from shared.errors import Unavailable
from shared.failpoints import KernelFailpoint, failpoint
from shared.persistence import outbox
from shared.persistence.database import DATABASE_OUTAGES, Database, is_outage
from shared.persistence.outbox import OutboxRow

EVERY_TENANT: Final = "*"
"""The scope of work that belongs to no single tenant: expiring holds, sending mail, Stripe's events."""

Tenants = Collection[UUID] | str


class Transaction:
    """What a handler works with: `session` for state, `emit` for facts. It can't commit."""

    def __init__(
        self,
        connection: AsyncConnection,
        driver: Any,
        correlation_id: UUID | None = None,
        causation_id: UUID | None = None,
    ) -> None:
        self.driver = driver
        """asyncpg's connection, in this transaction: for the statements of hot paths, since SQLAlchemy's way to
        it costs several times its own. Pending changes of mapped objects are not flushed first."""
        self.events: list[Event] = []
        self.on_commit: list[Callable[[], None]] = []
        self._connection = connection
        self._session: AsyncSession | None = None
        self._correlation_id = correlation_id
        self._causation_id = causation_id

    @property
    def session(self) -> AsyncSession:
        """The unit of work, begun when first asked for: a hot path needs none."""
        if self._session is None:
            self._session = AsyncSession(self._connection, expire_on_commit=False)
        return self._session

    def emit(self, event: Event) -> None:
        """Announce a fact: a row in the outbox of this transaction, published after its commit."""
        if event.causation_id is None:
            event = event.caused_by(event.correlation_id or self._correlation_id, self._causation_id)
        self.events.append(event)

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do this once the transaction is committed, and not if it fails: count, wake somebody. It must not raise."""
        self.on_commit.append(action)

    async def finish(self) -> list[OutboxRow]:
        """Write what is pending; returns the rows of the events. Called once, before the commit."""
        if self._session is not None:
            await self._session.flush()
        return await outbox.add(self.driver, self.events) if self.events else []

    async def close(self) -> None:
        """Let go of the mapped objects; the transaction's outcome is not changed by it."""
        if self._session is not None:
            await self._session.close()


@asynccontextmanager
async def transaction(
    database: Database,
    tenants: Tenants,
    committed: Callable[[list[OutboxRow]], None],
    correlation_id: UUID | None = None,
    causation_id: UUID | None = None,
) -> AsyncIterator[Transaction]:
    """One transaction; commits once, on exit, and then hands the emitted rows to `committed`.

    Raises `Unavailable` when the database is down, frozen or restarting.
    """
    scope = tenants if isinstance(tenants, str) else ",".join(sorted({str(t) for t in tenants}))
    try:
        async with database.transaction(scope) as (connection, driver):
            tx = Transaction(connection, driver, correlation_id, causation_id)
            try:
                yield tx
                rows = await tx.finish()
                failpoint(KernelFailpoint.COMMITTING)
            finally:
                await tx.close()
    except DATABASE_OUTAGES as error:
        if is_outage(error):
            raise Unavailable(f"database: {type(error).__name__}") from error
        raise
    failpoint(KernelFailpoint.COMMITTED)
    committed(rows)
    for action in tx.on_commit:
        action()
