"""The way to a service's database: what a delivery, a query or a task opens its transactions with."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from shared.contracts.base import Contract, Event
from shared.errors import AlreadyHandled
from shared.persistence import inbox
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import Tenants, Transaction, transaction


class Context:
    """One delivery (or batch, or query, or round of a task) and the transaction that serves it."""

    def __init__(
        self,
        database: Database,
        committed: Callable[[list[OutboxRow]], None],
        messages: Sequence[Contract] = (),
        consumer: str | None = None,
        observe: Callable[[Sequence[Event]], None] | None = None,
    ) -> None:
        """`observe` is shown the events of each transaction once it is committed."""
        self._database = database
        self._committed = committed
        self._observe = observe
        self._consumer = consumer
        self._events = [m for m in messages if isinstance(m, Event)]
        self._tenants = {t for m in messages if isinstance(t := getattr(m, "tenant_id", None), UUID)}
        self._single = len(messages) <= 1
        first = messages[0] if messages else None
        self._correlation_id = getattr(first, "correlation_id", None) or _uuid(getattr(first, "id", None))
        self._causation_id = _uuid(getattr(first, "id", None))
        self.fresh: set[UUID] = set()
        """The ids of the events that this transaction has claimed, and must handle."""

    @asynccontextmanager
    async def transaction(self, tenants: Tenants | None = None) -> AsyncIterator[Transaction]:
        """The one transaction of this work, scoped to its messages' tenants unless told otherwise.

        For events the inbox is claimed first: raises `AlreadyHandled` if none is left to handle,
        which the consumer acknowledges. Commands and webhooks are claimed by their own tables.
        In a batch the chain of causes differs by event: stamp it with `Event.caused_by`.
        """
        scope = self._tenants if tenants is None else tenants
        async with transaction(
            self._database,
            scope,
            self._committed,
            self._correlation_id if self._single else None,
            self._causation_id if self._single else None,
        ) as tx:
            if self._events and self._consumer:
                self.fresh = await inbox.claim(tx.driver, self._consumer, [e.id for e in self._events])
                if not self.fresh:
                    raise AlreadyHandled
            yield tx
        if self._observe and tx.events:
            self._observe(tx.events)


def _uuid(value: object) -> UUID | None:
    return value if isinstance(value, UUID) else None
