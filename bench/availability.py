"""Availability: free slots of 50 resources over 31 days with 10,000 bookings, beside fetching the busy rows alone."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg

from bench import bookings
from bench.bookings import Business
from bench.infrastructure import Kernel, kernel_of
from bench.report import Chart, Goal, Result, Row, median, percentile
from bench.scale import Scale
from booking.availability import queries
from booking.availability.search import Searches
from shared.contracts.booking.availability import FindSlots, SlotList
from shared.persistence.outbox import OutboxRow
from shared.runtime.context import Context

RESOURCES = 50
DAYS = 31
BOOKINGS = 10_000
SEARCHES = 60
BUSY = """
    SELECT resource_id, busy_from, busy_until FROM allocations
    WHERE resource_id = ANY($1::uuid[]) AND occupying AND busy_from < $3 AND busy_until > $2
"""
ABOUT = f"""One business, {RESOURCES} resources open 12 hours a day, {BOOKINGS:,} bookings in the {DAYS} days searched,
slots of half an hour. **Ours** is the production question, `find_slots`: catalogue, busy ranges, the rules of opening
hours and daylight saving, a list of slots in as many parts as it takes; and the same with its replies as JSON, which is
what booking-service does for each question over NATS. The reference fetches the same busy rows with asyncpg and
computes nothing."""


async def measure(scale: Scale) -> Result:
    """Ours and the reference in turn."""
    async with kernel_of("booking") as kernel:
        business = await _seed(kernel)
        start = bookings.tomorrow()
        end = start + timedelta(days=DAYS)
        query = FindSlots(
            tenant_id=business.tenant_id, service_id=business.service_id, from_=start, to=end, resource_id=None
        )
        pool = await kernel.raw_database()
        searches = Searches()

        async def search() -> list[SlotList]:
            """All parts of the answer, as a client would ask for them."""
            parts: list[SlotList] = []
            asked: FindSlots | None = query
            while asked is not None:
                parts.append(await queries.find_slots(asked, Context(kernel.database, _drop, [asked]), searches))
                going_on = parts[-1].next_from
                asked = query.model_copy(update={"from_": going_on}) if going_on else None
            return parts

        async def answer() -> object:
            return [part.model_dump_json().encode() for part in await search()]

        async def fetch() -> object:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT set_config('app.tenant_ids', $1, true)", str(business.tenant_id))
                return await connection.fetch(BUSY, business.resource_ids, start, end)

        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "find_slots": search,
            "find_slots and its reply as JSON": answer,
            "raw asyncpg, the busy rows": fetch,
        }
        milliseconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(scale.rounds):
            for name, way in ways.items():
                milliseconds[name] += await _timed(way, scale.of(SEARCHES))
        await pool.close()
    return result(milliseconds, scale)


async def _seed(kernel: Kernel) -> Business:
    connection = await asyncpg.connect(
        kernel.stack.servers.postgres.url, server_settings={"search_path": "booking, public"}
    )
    [business] = await bookings.open_businesses(connection, 1, RESOURCES)
    opening = bookings.tomorrow() + timedelta(hours=8)
    await bookings.book(connection, [business], BOOKINGS // RESOURCES, opening, a_day=7)
    await bookings.tidy(connection)
    await connection.close()
    return business


def _drop(_: list[OutboxRow]) -> None:
    """A question announces nothing."""


async def _timed(way: Callable[[], Awaitable[object]], count: int) -> list[float]:
    """Milliseconds of each call, one after the other."""
    await way()
    found = []
    for _ in range(count):
        started = time.perf_counter()
        await way()
        found.append((time.perf_counter() - started) * 1000)
    return found


def result(milliseconds: dict[str, list[float]], scale: Scale) -> Result:
    """Table, goal and chart."""
    middle = {name: median(times) for name, times in milliseconds.items()}
    _, answer, raw = middle.values()
    rows = []
    for name, value in middle.items():
        p99 = percentile(milliseconds[name], 99)
        cells: dict[str, float | None] = {"median ms": value, "p99 ms": p99, "times the rows alone": value / raw}
        rows.append(Row(what=name, cells=cells, reference=name.startswith("raw")))
    return Result(
        name="availability",
        title="Availability",
        about=ABOUT,
        rows=rows,
        goals=[
            Goal(what="median with its reply, times the rows alone", measured=answer / raw, bound=3, at_least=False)
        ],
        chart=Chart(kind="bars", y="milliseconds", series={what: [(0, value)] for what, value in middle.items()}),
        rounds=scale.rounds,
    )
