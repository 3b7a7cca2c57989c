"""The relay: from rows of the outbox to messages on their stream, beside nats-py publishing the same messages."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from nats.aio.client import Client

from bench.events import AT_ONCE, confirmations
from bench.infrastructure import Kernel, kernel_of, settle
from bench.machine import Effort
from bench.report import Chart, Goal, Result, Row, median
from bench.scale import Scale
from shared.contracts.booking.bookings import BookingConfirmed
from shared.identifiers import new_id
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import EVERY_TENANT, transaction
from shared.relay import Relay

EVENTS = 10_000
IN_A_TRANSACTION = 100
PUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"
LEFT_BEHIND = "UPDATE outbox SET claimed_at = clock_timestamp() - interval '1 minute'"
ABOUT = f"""Events of about 1 kB lie committed in the outbox; the production relay publishes each under its id and marks
it. Timed until the last row is marked. **Handed over**: the relay hears of the rows from the commit, as it does unless
a process dies; **swept**: nobody told it, it finds the rows in the table. The reference is nats-py's `publish` to the
same stream, same payloads, headers and message ids, {AT_ONCE} at once, without any database. Both wait for each
acknowledgement, which comes once the message is synced to disk; the relay lets messages that wait together go as one
atomic batch (group commit), a plain `publish` is synced by itself."""


async def measure(scale: Scale) -> Result:
    """Relay and reference in turn, each time with new events."""
    count = scale.of(EVENTS)
    ways = {"relay, handed over": _handed_over, "relay, swept": _swept, "raw nats-py publish": _raw}
    efforts: dict[str, list[Effort]] = {name: [] for name in ways}
    async with kernel_of("booking") as kernel:
        nats = await kernel.raw_nats()
        for round_number in range(scale.rounds + 1):
            for name, way in ways.items():
                await kernel.administer("TRUNCATE outbox")
                await settle(kernel.stack)
                effort = await way(kernel, nats, confirmations(count, new_id()))
                if round_number:  # the first round warms up
                    efforts[name].append(effort)
        await nats.close()
    return result(efforts, count, scale)


Way = Callable[[Kernel, Client, list[BookingConfirmed]], Awaitable[Effort]]


async def _handed_over(kernel: Kernel, _: Client, events: list[BookingConfirmed]) -> Effort:
    return await _relayed(kernel, await _committed(kernel, events), len(events))


async def _swept(kernel: Kernel, _: Client, events: list[BookingConfirmed]) -> Effort:
    await _committed(kernel, events)
    await kernel.administer(LEFT_BEHIND)
    return await _relayed(kernel, [], len(events))


async def _relayed(kernel: Kernel, rows: list[OutboxRow], count: int) -> Effort:
    """Run a relay until nothing is left."""
    relay = Relay(kernel.broker, kernel.database, "booking")
    effort = Effort(kernel.servers)
    relay.committed(rows)
    effort.begin()
    running = asyncio.create_task(relay.run())
    async with asyncio.timeout(120):
        while await _published(kernel) < count:  # noqa: ASYNC110 - the table can't wake anybody
            await asyncio.sleep(0.02)
    effort.end()
    relay.stop()
    await running
    return effort


async def _published(kernel: Kernel) -> int:
    async with kernel.database.transaction("*") as (_, driver):
        return int(await driver.fetchval(PUBLISHED))


async def _committed(kernel: Kernel, events: list[BookingConfirmed]) -> list[OutboxRow]:
    """Commit events as handlers do, some in each transaction; returns the rows as the relay is given them."""
    rows: list[OutboxRow] = []
    for start in range(0, len(events), IN_A_TRANSACTION):
        async with transaction(kernel.database, EVERY_TENANT, rows.extend) as tx:
            for event in events[start : start + IN_A_TRANSACTION]:
                tx.emit(event)
    return rows


async def _raw(kernel: Kernel, nats: Client, events: list[BookingConfirmed]) -> Effort:
    js = nats.jetstream()
    messages = [(event.id, event.subject, event.model_dump_json().encode(), _headers(event)) for event in events]
    effort = Effort(kernel.servers)

    async def publish(message_id: UUID, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        await js.publish(subject, payload, timeout=5, headers={**headers, "Nats-Msg-Id": str(message_id)})

    effort.begin()
    for start in range(0, len(messages), AT_ONCE):
        await asyncio.gather(*(publish(*message) for message in messages[start : start + AT_ONCE]))
    effort.end()
    return effort


def _headers(event: BookingConfirmed) -> dict[str, str]:
    """Those that the relay sends."""
    return {
        "ce-specversion": "1.0",
        "ce-id": str(event.id),
        "ce-type": event.TYPE,
        "ce-source": "/tidebook/booking",
        "ce-time": event.occurred_at.isoformat(),
        "content-type": "application/json",
        "ce-correlationid": str(event.correlation_id),
    }


def result(efforts: dict[str, list[Effort]], count: int, scale: Scale) -> Result:
    """Table, goals and chart."""
    speed = {name: median([count / effort.seconds for effort in runs]) for name, runs in efforts.items()}
    handed_over, _, raw = speed.values()
    rows = []
    for name, runs in efforts.items():
        cells: dict[str, float | None] = {
            "events/s": speed[name],
            "of raw publish": speed[name] / raw,
            "events/s a core": median([count / effort.own_cpu for effort in runs]),
        }
        for server in runs[0].cpu:
            cells[f"{server}, CPU µs an event"] = median([effort.cpu[server] / count * 1e6 for effort in runs])
        rows.append(Row(what=name, cells=cells, reference=name.startswith("raw")))
    return Result(
        name="relay",
        title="Relay",
        about=ABOUT,
        rows=rows,
        goals=[
            Goal(what="of raw nats-py publish", measured=handed_over / raw, bound=3),
        ],
        chart=Chart(kind="bars", y="events a second", series={what: [(0, value)] for what, value in speed.items()}),
        rounds=scale.rounds,
    )
