"""`make soak MINUTES=30`: a steady load for a while, and what grows meanwhile in each process and in the tables.

Slopes are fitted by least squares to the samples taken after a warm-up, in per cent an hour of the
fitted value at its start. A leak shows as a slope that does not get flatter.
"""

import argparse
import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import asyncpg
import uvloop
from nats import connect

from bench.infrastructure import running_stack
from bench.load import Load, run
from bench.machine import open_files, resident_megabytes
from bench.publishing import publish
from bench.report import Chart, Goal, Result, Row, slope
from bench.shop import Shop, open_shop
from bench.webhooks import signed_events
from devstack.stack import Stack
from shared.messaging.topology import STREAMS
from shared.runtime.logging import configure_logging

CONNECTIONS = 8
BOOKINGS = 260
"""Bookings offered a second: a million messages in half an hour."""
EVENTS = 40
"""Stripe's events offered a second."""
SAMPLES = 180
DEAD_TUPLES = "SELECT schemaname, sum(n_dead_tup)::bigint FROM pg_stat_user_tables GROUP BY schemaname"
ABOUT = """Bookings, their list and webhook events are asked for at a steady rate, over connections that are opened anew
each second; mail is off. Memory, file descriptors and dead rows are sampled; slopes are fitted by least squares to what
follows the first sixth of the time."""


@dataclass(slots=True)
class Samples:
    """What was seen over time: (hours since the start, value) by what it is of."""

    memory: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    files: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    dead_rows: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    async def take(self, stack: Stack, database: "asyncpg.Connection[asyncpg.Record]", hours: float) -> None:
        """One sample of everything."""
        for name, process in stack.processes.items():
            self.memory.setdefault(name, []).append((hours, resident_megabytes(process.pid)))
            self.files.setdefault(name, []).append((hours, open_files(process.pid)))
        for schema, dead in await database.fetch(DEAD_TUPLES):
            self.dead_rows.setdefault(schema, []).append((hours, float(dead)))


async def soak(minutes: float, rate: int) -> Result:
    """Load and samples, side by side."""
    seconds = int(minutes * 60)
    samples, statuses = Samples(), Counter[int]()
    with running_stack() as stack:
        shop = await open_shop(stack, (seconds + 5) * rate)
        database = await asyncpg.connect(stack.servers.postgres.url)
        started = time.perf_counter()
        for second in range(seconds):
            if time.perf_counter() - started >= seconds:
                break  # the machine was too slow for the rate
            load = await _load(stack, shop, rate)
            statuses.update(load.statuses)
            if second % max(1, seconds // SAMPLES) == 0:
                await samples.take(stack, database, (time.perf_counter() - started) / 3600)
            await asyncio.sleep(max(0, started + second + 1 - time.perf_counter()))
        passed = time.perf_counter() - started
        await database.close()
        handled = await _deliveries(stack)
    if failed := {status: count for status, count in statuses.items() if status >= 300}:
        print(f"not everything went well: {failed}")
    return result(samples, statuses.total() / passed, handled, minutes)


async def _load(stack: Stack, shop: Shop, rate: int) -> Load:
    """What is asked for in one second."""
    page = f"GET /v1/bookings?limit=20 HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {shop.key}\r\n\r\n".encode()
    kinds: list[Iterator[bytes]] = [
        shop.requests(rate),
        signed_events(stack, rate * EVENTS // BOOKINGS),
        itertools.repeat(page, rate // 50),
    ]
    return await run([stack.ports.gateway], itertools.chain(*kinds), CONNECTIONS)


async def _deliveries(stack: Stack) -> int:
    """How many messages consumers have handled."""
    nats = await connect(stack.servers.nats.url)
    found = 0
    for stream in STREAMS:
        for consumer in await nats.jetstream().consumers_info(stream.name):
            found += (consumer.delivered.consumer_seq or 0) if consumer.delivered else 0
    await nats.close()
    return found


def result(samples: Samples, per_second: float, handled: int, minutes: float) -> Result:
    """Table, goals and chart."""
    rows = []
    for name, memory in sorted(samples.memory.items()):
        cells: dict[str, float | None] = {
            "MB, last": memory[-1][1],
            "MB, %/h": slope(memory),
            "files, last": samples.files[name][-1][1],
            "files, %/h": slope(samples.files[name]),
        }
        rows.append(Row(what=name, cells=cells))
    rows += [
        Row(what=f"dead rows of {schema}", cells={"rows, last": dead[-1][1], "rows, most": _most(dead)}, reference=True)
        for schema, dead in sorted(samples.dead_rows.items())
    ]
    about = f"{ABOUT} {minutes:g} minutes, {per_second:.0f} answers a second, {handled:,} messages handled."
    return Result(
        name="soak",
        title="Soak",
        about=about,
        rows=rows,
        goals=[
            Goal(what="resident MB, most", measured=_worst(samples.memory, _most), bound=150, at_least=False),
            Goal(what="memory, %/h, steepest", measured=_worst(samples.memory, slope), bound=1, at_least=False),
        ],
        chart=Chart(
            kind="lines",
            x="minutes",
            y="resident MB",
            series={n: [(hours * 60, mb) for hours, mb in points] for n, points in sorted(samples.memory.items())},
        ),
        rounds=1,
    )


def _most(points: list[tuple[float, float]]) -> float:
    return max(value for _, value in points)


def _worst(
    series: dict[str, list[tuple[float, float]]], measure: Callable[[list[tuple[float, float]]], float]
) -> float:
    return max(measure(points) for points in series.values())


def main() -> None:
    """Soak, print, write; what lasts less than five minutes is only printed."""
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=BOOKINGS, help="bookings a second")
    options = parser.parse_args()
    configure_logging("bench", "console", "WARNING")
    publish(uvloop.run(soak(options.minutes, options.rate)), keep=options.minutes >= 5)


if __name__ == "__main__":
    main()
