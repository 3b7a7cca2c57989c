"""Running the kernel's parts in a test as a service runs them, and looking at what they did."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from nats.js.api import ConsumerInfo, RawStreamMsg
from nats.js.errors import NotFoundError
from sqlalchemy import text

from shared.contracts.base import Command, Contract, Event
from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer, Run
from shared.messaging.handlers import Handler, Handlers, Message
from shared.messaging.topology import consumer_config
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import EVERY_TENANT, Transaction, transaction
from shared.runtime.context import Context
from shared.runtime.handling import handle
from tests.support.eventually import allowed, eventually
from tests.support.messages import random_name

HandlerFunction = Callable[..., Awaitable[Any]]


def ignore(rows: list[OutboxRow]) -> None:
    """Takes committed rows and leaves them to the sweep."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A migrated database with a scratch table `effects (tenant_id, event_id, note)`."""

    url: str
    """As the application role."""
    admin_url: str
    database: Database

    async def effects(self, event_id: UUID) -> int:
        """How many effects a message has had."""
        async with transaction(self.database, EVERY_TENANT, ignore) as tx:
            return int(
                await tx.session.scalar(text("SELECT count(*) FROM effects WHERE event_id = :id"), {"id": event_id})
            )

    async def effects_of(self, events: Sequence[Message]) -> list[int]:
        """How many effects each message has had."""
        return [await self.effects(UUID(str(event.id))) for event in events]

    def runner(self, committed: Callable[[list[OutboxRow]], None] = ignore) -> Run:
        """Calls a handler's function as a service does."""

        async def run(handler: Handler, messages: Sequence[Message]) -> Any:
            return await handle(handler, messages, Context(self.database, committed, messages, handler.durable), {})

        return run


async def leave_effect(tx: Transaction, message: Event) -> None:
    """What a function's work is in these tests: a row."""
    await tx.session.execute(
        text("INSERT INTO effects VALUES (:tenant, :id, '')"), {"tenant": message.tenant_id, "id": message.id}
    )


async def handle_once(event: Event, ctx: Context) -> None:
    """The plainest function: one transaction, one effect."""
    async with ctx.transaction() as tx:
        await leave_effect(tx, event)


def handler_of(
    *types: Any, function: HandlerFunction = handle_once, batch: int = 1, concurrency: int | None = None
) -> Handler:
    """A handler under a durable name of its own."""
    handlers = Handlers(random_name())
    if issubclass(types[0], Command):
        handlers.command(types[0], batch)(function)
    else:
        handlers.on(*types, name="handle", batch=batch)(function)
    [handler] = handlers.declared
    return replace(handler, concurrency=concurrency) if concurrency else handler


async def send(broker: Broker, *messages: Message, again: bool = False) -> None:
    """Publish messages as the relay does; `again` past the stream's own duplicate check."""
    for message in messages:
        message_id = random_name() if again else str(message.id)
        await broker.publish(message.subject, message.model_dump_json().encode(), message_id)


@asynccontextmanager
async def consuming(broker: Broker, handler: Handler, run: Run) -> AsyncIterator[Consumer]:
    """A running consumer; stopped in order at the end."""
    await broker.js.add_consumer(handler.stream, consumer_config(handler))
    consumer = Consumer(broker, handler, run)
    running = asyncio.create_task(consumer.run())
    try:
        yield consumer
    finally:
        await consumer.stop()
        async with asyncio.timeout(allowed(5)):
            await running


async def settled(broker: Broker, handler: Handler, within: float = 10, before: float = math.inf) -> ConsumerInfo:
    """The consumer's state once nothing waits and nothing is in hand; `within` and `before` as in `eventually`."""

    async def look() -> ConsumerInfo | None:
        info = await broker.js.consumer_info(handler.stream, handler.durable)
        return info if not info.num_pending and not info.num_ack_pending else None

    found = await eventually(look, within=within, before=before)
    assert found is not None
    return found


async def dead_letter(broker: Broker, handler: Handler) -> RawStreamMsg | None:
    """The last dead letter of a handler, if there is one."""
    try:
        return await broker.js.get_last_msg("DEADLETTER", f"deadletter.{handler.durable}")
    except NotFoundError:
        return None


async def the_dead_letter(broker: Broker, handler: Handler) -> RawStreamMsg:
    """The dead letter that must come."""
    found = await eventually(lambda: dead_letter(broker, handler))
    assert found is not None
    return found


async def stored(broker: Broker, contract: Contract, stream: str) -> int:
    """How many messages a stream holds on a message's subject."""
    subject = str(getattr(contract, "subject"))  # noqa: B009 - events and requests have one, contracts need not
    info = await broker.js.stream_info(stream, subjects_filter=subject)
    return (info.state.subjects or {}).get(subject, 0)
