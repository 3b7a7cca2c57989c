"""From commit to consumer: how long until a committed event is in its handler's hands, at a steady rate."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import DeliverPolicy

from bench.events import confirmations
from bench.infrastructure import Kernel, kernel_of
from bench.report import Chart, Goal, Result, Row, median, percentile
from bench.scale import Scale
from shared.contracts.booking.bookings import BookingConfirmed
from shared.identifiers import new_id
from shared.messaging.broker import Broker
from shared.messaging.consumer import Consumer
from shared.messaging.handlers import Handler, Handlers, Message
from shared.messaging.topology import consumer_config
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import EVERY_TENANT, transaction
from shared.relay import Relay
from shared.runtime.context import Context

RATE = 500
"""Events offered a second."""
IN_A_TRANSACTION = 5
SECONDS = 10
ABOUT = f"""{RATE} events a second are offered for {SECONDS} s, whatever becomes of them: {IN_A_TRANSACTION} in each
transaction. **Ours** is the time from the return of the commit to the first line of the handler: relay, durable
publish, consumer, decoding. **Raw** is the time from calling nats-py's `publish` to the return of `fetch` with the
message: no database, no outbox, no contract. Writer and reader share one process and one core, over connections of
their own; each reader takes one message a call."""


async def measure(scale: Scale) -> Result:
    """Ours and raw in turn."""
    seconds = max(1, scale.of(SECONDS))
    ways = {"commit to handler": _ours, "raw nats-py, publish to fetch": _raw}
    latencies: dict[str, list[list[float]]] = {name: [] for name in ways}
    async with kernel_of("booking") as kernel:
        for _ in range(scale.rounds):
            for name, way in ways.items():
                latencies[name].append(await way(kernel, confirmations(RATE * seconds, new_id())))
    return result(latencies, scale)


async def _offer(events: Sequence[BookingConfirmed], send: Any) -> None:
    """Call `send` with the next few events at a steady rate, not waiting for it."""
    started = time.perf_counter()
    async with asyncio.TaskGroup() as sending:
        for number, start in enumerate(range(0, len(events), IN_A_TRANSACTION)):
            due = started + number * IN_A_TRANSACTION / RATE
            await asyncio.sleep(max(0, due - time.perf_counter()))
            sending.create_task(send(events[start : start + IN_A_TRANSACTION]))


class _Arrivals:
    """When each event set out and when it came; milliseconds in between."""

    def __init__(self, expected: int) -> None:
        self.all_here = asyncio.Event()
        self.milliseconds: list[float] = []
        self._left: dict[UUID, float] = {}
        self._expected = expected

    def left(self, ids: Sequence[UUID]) -> None:
        now = time.perf_counter()
        self._left |= dict.fromkeys(ids, now)

    def came(self, event_id: UUID) -> None:
        if event_id in self._left:  # not one of an earlier round
            self.milliseconds.append((time.perf_counter() - self._left.pop(event_id)) * 1000)
            if len(self.milliseconds) == self._expected:
                self.all_here.set()


async def _ours(kernel: Kernel, events: Sequence[BookingConfirmed]) -> list[float]:
    arrivals = _Arrivals(len(events))
    relay = Relay(kernel.broker, kernel.database, "booking")
    reading = Broker(kernel.stack.servers.nats.url, "notifier")
    await reading.connect()

    async def note(event: BookingConfirmed, ctx: Context) -> None:  # noqa: ARG001
        arrivals.came(event.id)

    async def run(handler: Handler, messages: Sequence[Message]) -> Any:
        return await handler.function(messages[0], Context(kernel.database, _drop, messages, handler.durable))

    def committed(rows: list[OutboxRow]) -> None:
        arrivals.left([row.id for row in rows])
        relay.committed(rows)

    async def commit(some: Sequence[BookingConfirmed]) -> None:
        async with transaction(kernel.database, EVERY_TENANT, committed) as tx:
            for event in some:
                tx.emit(event)

    handlers = Handlers(f"bench-{new_id().hex[-8:]}")
    handlers.on(BookingConfirmed, name="note")(note)
    [handler] = handlers.declared
    only_new = consumer_config(handler).evolve(deliver_policy=DeliverPolicy.NEW)  # the stream holds earlier rounds
    await reading.js.add_consumer(handler.stream, only_new)
    consumer = Consumer(reading, handler, run)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run())
        tasks.create_task(consumer.run())
        await _offer(events, commit)
        async with asyncio.timeout(30):
            await arrivals.all_here.wait()
        await consumer.stop()
        relay.stop()
    await reading.js.delete_consumer(handler.stream, handler.durable)
    await reading.close()
    return arrivals.milliseconds


def _drop(_: list[OutboxRow]) -> None:
    """The reader commits nothing."""


async def _raw(kernel: Kernel, events: Sequence[BookingConfirmed]) -> list[float]:
    arrivals = _Arrivals(len(events))
    writing, reading = await kernel.raw_nats(), await kernel.raw_nats()
    durable = f"bench-{new_id().hex[-8:]}"
    subject = events[0].subject
    subscription = await reading.jetstream().pull_subscribe(subject, durable, "BOOKING")
    by_sequence: dict[str, UUID] = {}

    async def read() -> None:
        while True:
            try:
                [message] = await subscription.fetch(1, timeout=1)
            except NatsTimeout:
                continue
            arrivals.came(by_sequence[(message.headers or {})["Nats-Msg-Id"]])
            await message.ack()

    async def send(some: Sequence[BookingConfirmed]) -> None:
        for event in some:
            by_sequence[str(event.id)] = event.id
        arrivals.left([event.id for event in some])
        js = writing.jetstream()
        await asyncio.gather(
            *(
                js.publish(subject, event.model_dump_json().encode(), headers={"Nats-Msg-Id": str(event.id)})
                for event in some
            )
        )

    readers = asyncio.create_task(read())
    await _offer(events, send)
    async with asyncio.timeout(30):
        await arrivals.all_here.wait()
    readers.cancel()
    await asyncio.wait({readers})
    await writing.close()
    await reading.close()
    return arrivals.milliseconds


def result(latencies: dict[str, list[list[float]]], scale: Scale) -> Result:
    """Table, goal and chart."""
    rows = [
        Row(
            what=name,
            cells={f"p{share} ms": median([percentile(run, share) for run in runs]) for share in (50, 95, 99)},
            reference=name.startswith("raw"),
        )
        for name, runs in latencies.items()
    ]
    p99 = {row.what: row.cells["p99 ms"] or 0 for row in rows}
    ours, raw = p99.values()
    return Result(
        name="latency",
        title="From commit to consumer",
        about=ABOUT,
        rows=rows,
        goals=[Goal(what=f"p99 at {RATE} events/s, times raw NATS's", measured=ours / raw, bound=2, at_least=False)],
        chart=Chart(kind="bars", y="p99, milliseconds", series={what: [(0, value)] for what, value in p99.items()}),
        rounds=scale.rounds,
    )
