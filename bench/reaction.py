"""A batched handler with its inbox, state change and outbox: the kernel's own consumer, beside three references.

Each takes the same events from the same stream and leaves the same rows. Counted until the commit
that holds the last of them; nothing is published, the relay is measured by itself.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bench import reaction_faststream, reaction_raw
from bench.events import confirmations, publish
from bench.infrastructure import Kernel, kernel_of, settle
from bench.machine import Effort
from bench.reaction_raw import REMEMBER, SCRATCH
from bench.report import Chart, Goal, Result, Row, median
from bench.scale import Scale
from shared.contracts.booking.bookings import BookingConfirmed
from shared.contracts.notifier.messages import MessageSent
from shared.identifiers import new_id
from shared.messaging.consumer import Consumer
from shared.messaging.handlers import Handler, Handlers, Message
from shared.messaging.topology import consumer_config
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import Transaction
from shared.runtime.context import Context
from shared.runtime.handling import handle

BATCH = 100
EVENTS = 20_000
ABOUT = f"""Events of about 1 kB wait on a stream; a handler takes up to {BATCH} of them, claims them in the inbox,
upserts a row for each and writes an event about each into the outbox, in one transaction, then acknowledges.
**Ours** is the production consumer, context, inbox and outbox with such a handler. **Raw** is nats-py `fetch({BATCH})`
and asyncpg executing the same statements over the same rows, with `json.loads` for decoding and nothing else: no
contracts, no retries, no dead letters, no metrics. **FastStream** is the same handler as its documentation shows it:
a pull subscriber with `PullSub(batch_size={BATCH})`, a typed message, a SQLAlchemy session by `Depends`, one
transaction a message, logging errors only; and once more with its `batch=True` and bulk inserts, one transaction a
batch. A core's second is CPU time of the reacting process; that of PostgreSQL and NATS is given beside it."""

Handled = Callable[[int], None]
"""Told how many events a commit held."""
Subject = Callable[[Kernel, str, int, Handled], Awaitable[Callable[[], Awaitable[None]]]]
"""Starts to react under a durable name, in batches of that size; returns what stops it."""


async def measure(scale: Scale) -> Result:
    """All of them in turn, each from the start of the same stream."""
    subjects: dict[str, tuple[Subject, int]] = {
        "the kernel's consumer": (react, scale.of(EVENTS)),
        "raw nats-py and asyncpg": (reaction_raw.react, scale.of(EVENTS)),
        "FastStream and SQLAlchemy, a message a call": (reaction_faststream.react, scale.of(EVENTS // 5)),
        "FastStream and SQLAlchemy, batch=True": (reaction_faststream.react_to_batches, scale.of(EVENTS // 2)),
    }
    efforts: dict[str, list[tuple[int, Effort]]] = defaultdict(list)
    async with kernel_of("booking") as kernel:
        await kernel.administer(SCRATCH)
        await publish(kernel.broker, confirmations(scale.of(EVENTS), new_id()))
        for round_number in range(scale.rounds + 1):
            for number, (name, (subject, count)) in enumerate(subjects.items()):
                effort = await _timed(kernel, subject, f"bench-{number}-{round_number}", count)
                if round_number:  # the first round warms up
                    efforts[name].append((count, effort))
    return result(efforts, scale)


async def _timed(kernel: Kernel, subject: Subject, durable: str, count: int) -> Effort:
    """How long a subject takes for the first `count` events, on empty tables."""
    await kernel.administer("TRUNCATE visits, inbox, outbox")
    await settle(kernel.stack)
    left = count
    done = asyncio.Event()
    effort = Effort(kernel.servers)

    def handled(some: int) -> None:
        nonlocal left
        left -= some
        if left <= 0 and not done.is_set():
            effort.end()
            done.set()

    effort.begin()
    stop = await subject(kernel, durable, BATCH, handled)
    async with asyncio.timeout(120):
        await done.wait()
    await stop()
    return effort


async def react(kernel: Kernel, durable: str, batch: int, handled: Handled) -> Callable[[], Awaitable[None]]:
    """The production consumer with a handler as services have them."""

    async def keep_visits(events: list[BookingConfirmed], tx: Transaction) -> None:
        await tx.driver.execute(
            REMEMBER,
            [event.tenant_id for event in events],
            [event.booking.id for event in events],
            [event.version for event in events],
            [event.booking.starts_at for event in events],
        )
        for event in events:
            tx.emit(_announcement(event).caused_by(event.correlation_id, event.id))
        tx.after_commit(lambda: handled(len(events)))

    async def run(handler: Handler, messages: Sequence[Message]) -> Any:
        return await handle(handler, messages, Context(kernel.database, _leave, messages, handler.durable), {})

    handlers = Handlers(durable)
    handlers.on(BookingConfirmed, name="keep-visits", batch=batch)(keep_visits)
    [handler] = handlers.declared
    await kernel.broker.js.add_consumer(handler.stream, consumer_config(handler))
    consumer = Consumer(kernel.broker, handler, run)
    running = asyncio.create_task(consumer.run())

    async def stop() -> None:
        await consumer.stop()
        await running

    return stop


def _announcement(event: BookingConfirmed) -> MessageSent:
    return MessageSent(
        tenant_id=event.tenant_id, message_id=new_id(), booking_id=event.booking.id, kind="confirmed", version=1
    )


def _leave(rows: list[OutboxRow]) -> None:
    """Committed rows stay in the outbox."""


def result(efforts: dict[str, list[tuple[int, Effort]]], scale: Scale) -> Result:
    """Table, goals and chart."""
    rows = []
    for number, (name, runs) in enumerate(efforts.items()):
        cells: dict[str, float | None] = {
            "events/s": median([count / effort.seconds for count, effort in runs]),
            "events/s a core": median([count / effort.own_cpu for count, effort in runs]),
        }
        for server in runs[0][1].cpu:
            cells[f"{server}, CPU µs an event"] = median([effort.cpu[server] / count * 1e6 for count, effort in runs])
        rows.append(Row(what=name, cells=cells, reference=number > 0))
    speed = {row.what: row.cells["events/s"] or 0 for row in rows}
    ours, raw, documented, _ = speed.values()
    for row in rows:
        row.cells["ours, times this"] = None if not row.reference else ours / speed[row.what]
    return Result(
        name="reaction",
        title="A batched reaction with its database effect",
        about=ABOUT,
        rows=rows,
        goals=[
            Goal(what="of raw nats-py and asyncpg", measured=ours / raw, bound=0.95),
            Goal(what="times FastStream, a message a call", measured=ours / documented, bound=10),
        ],
        chart=Chart(kind="bars", y="events a second", series={what: [(0, value)] for what, value in speed.items()}),
        rounds=scale.rounds,
    )
