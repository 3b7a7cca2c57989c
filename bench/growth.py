"""Growth: what a booking, a page of the list and a search for slots cost as the table grows to a million bookings.

One database for each size, asked in turn, so that a noisy minute hits all of them.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from pydantic import SecretStr

from bench import bookings
from bench.bookings import Business
from bench.infrastructure import POOL, Kernel, kernel_of
from bench.report import Chart, Goal, Result, Row, median
from bench.scale import Scale
from booking.availability import queries as availability
from booking.availability.search import Searches
from booking.bookings import queries
from booking.holds.model import HoldPolicy
from booking.main import HANDLERS
from migrations.__main__ import upgrade
from shared.clock import utc_now
from shared.contracts.base import Outcome
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.bookings import BookingList, CreateBooking, Customer, ListBookings
from shared.identifiers import new_id
from shared.persistence.database import Database
from shared.persistence.outbox import OutboxRow
from shared.runtime.context import Context
from shared.runtime.handling import handle

SIZES = (1_000, 100_000, 1_000_000)
RESOURCES = 10
AHEAD = 20
"""Bookings of each resource that lie ahead, whatever the size: a business does not get busier with the years."""
BATCH = 100
[CREATE] = [handler for handler in HANDLERS.declared if handler.durable == "booking-create-booking"]
CALLS = 20
"""Of each kind in a round; batches are one in ten of that, or they would grow the smallest table."""
ABOUT = f"""Half of the rows are the past of one business with {RESOURCES} resources, half are bookings ahead of other
businesses; {AHEAD} of each resource lie ahead at every size. The rows are inserted in bulk under all constraints, then
analysed. Timed are the production functions on PostgreSQL, without HTTP and NATS, which do not grow: `create_booking`
with one request and with {BATCH} (transaction, ledger, exclusion constraint, outbox), the newest page of 50 and one
half-way down, one of a day long past, and a search for slots over a week."""

Call = Callable[[], Awaitable[object]]


async def measure(scale: Scale) -> Result:
    """Every size, call by call in turn."""
    sizes = [max(scale.of(size), SIZES[0]) for size in SIZES]
    milliseconds: dict[str, dict[int, list[float]]] = {}
    async with kernel_of("booking") as kernel:
        shops = [await _grown(kernel, number, size) for number, size in enumerate(sizes)]
        for number in range(scale.rounds * scale.of(CALLS)):
            for shop, size in zip(shops, sizes, strict=True):
                for name, call in shop.calls(with_batch=number % 10 == 0).items():
                    started = time.perf_counter()
                    await call()
                    passed = (time.perf_counter() - started) * 1000
                    milliseconds.setdefault(name, {}).setdefault(size, []).append(passed)
        for shop in shops:
            await shop.database.close()
    return result(milliseconds, sizes, scale)


@dataclass(slots=True)
class _Shop:
    """The business that is measured, in the database of one size."""

    database: Database
    business: Business
    past: datetime
    """A day in the middle of its past."""
    searches: Searches = field(default_factory=Searches)
    cursor: str | None = None
    made: int = 0
    first: datetime = field(default_factory=lambda: bookings.tomorrow() + timedelta(days=40, hours=8))
    """Where nothing is booked yet."""

    def calls(self, *, with_batch: bool) -> dict[str, Call]:
        """What is timed."""
        batch: dict[str, Call] = {f"{BATCH} bookings in a batch": lambda: self._book(BATCH)}
        return (batch if with_batch else {}) | {
            "one booking": lambda: self._book(1),
            "newest page of the list": self.page,
            "a page half-way down": lambda: self.page(cursor=self.cursor),
            "a page of one day": lambda: self.page(starts_from=self.past, starts_to=self.past + timedelta(days=1)),
            "slots of a week": self._search,
        }

    async def _book(self, count: int) -> list[Outcome]:
        commands = [self._command() for _ in range(count)]
        outcomes = await handle(CREATE, commands, self._context(*commands), {"holds": HoldPolicy(15)}) or []
        if {outcome.status for outcome in outcomes} != {201}:
            raise SystemExit(f"not every booking was confirmed: {outcomes[0]}")
        return outcomes

    def _command(self) -> CreateBooking:
        """The next free slot, 24 of them a day on each resource."""
        resource, slot = self.made % RESOURCES, self.made // RESOURCES
        self.made += 1
        booking_id = new_id()
        return CreateBooking(
            id=booking_id,
            tenant_id=self.business.tenant_id,
            subject_id=booking_id,
            received_at=utc_now(),
            idempotency_key=booking_id.hex,
            fingerprint=booking_id.hex,
            service_id=self.business.service_id,
            resource_id=self.business.resource_ids[resource],
            starts_at=self.first + timedelta(days=slot // 20, minutes=30 * (slot % 20)),
            customer=Customer(name="Ada Lovelace", email="ada@customer.example"),
            business_name="Bench",
        )

    async def page(self, **narrowed: Any) -> BookingList:
        """A page of the list of bookings."""
        query = ListBookings(tenant_id=self.business.tenant_id, **narrowed)
        async with self._context(query).transaction() as tx:
            return await queries.list_bookings(query, tx)

    async def _search(self) -> object:
        start = bookings.tomorrow()
        query = FindSlots(
            tenant_id=self.business.tenant_id,
            service_id=self.business.service_id,
            from_=start,
            to=start + timedelta(days=7),
        )
        return await availability.find_slots(query, self._context(query), self.searches)

    def _context(self, *messages: CreateBooking | ListBookings | FindSlots) -> Context:
        return Context(self.database, _leave, messages)


def _leave(_: list[OutboxRow]) -> None:
    """Committed rows stay in the outbox."""


@asynccontextmanager
async def _administrator(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url, server_settings={"search_path": "booking, public"})
    try:
        yield connection
    finally:
        await connection.close()


async def _grown(kernel: Kernel, number: int, size: int) -> _Shop:
    """A database of that many bookings."""
    name = f"growth_{number}"
    admin = kernel.stack.servers.postgres.url
    async with _administrator(admin) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    stack = kernel.stack
    admin, url, system_url = (
        u.replace("/tidebook", f"/{name}")
        for u in (admin, stack.database_url("booking"), stack.system_database_url("booking"))
    )
    urls = {"ADMIN_DATABASE_URL": admin, "BOOKING_DATABASE_URL": url, "BOOKING_SYSTEM_DATABASE_URL": system_url}
    await upgrade("booking", urls)
    ahead = bookings.tomorrow() + timedelta(hours=8)
    each = size // 2 // RESOURCES - AHEAD
    async with _administrator(admin) as connection:
        [business] = await bookings.open_businesses(connection, 1, RESOURCES)
        others = await bookings.open_businesses(connection, size // 2 // (RESOURCES * AHEAD), RESOURCES)
        days = each // 24 + 1
        start = bookings.tomorrow() - timedelta(days=days + 1)
        await bookings.book(connection, [business], each, start, a_day=24, status="completed")
        await bookings.book(connection, [business, *others], AHEAD, ahead, a_day=7)
        await bookings.tidy(connection)
    past = start + timedelta(days=(days - 1) // 2)
    shop = _Shop(Database(SecretStr(url), SecretStr(system_url), "booking", POOL), business, past)
    shop.cursor = (await shop.page(limit=1, starts_to=past + timedelta(days=1))).next_cursor
    return shop


def result(milliseconds: dict[str, dict[int, list[float]]], sizes: list[int], scale: Scale) -> Result:
    """Table, goals and chart."""
    rows, goals = [], []
    series: dict[str, list[tuple[float, float]]] = {}
    for name, by_size in milliseconds.items():
        costs = {size: median(by_size[size]) for size in sizes}
        ratio = costs[sizes[-1]] / costs[sizes[0]]
        cells: dict[str, float | None] = {f"{size:,} bookings, ms": cost for size, cost in costs.items()}
        rows.append(Row(what=name, cells={**cells, "largest to smallest": ratio}))
        goals.append(Goal(what=f"{name}, largest to smallest", measured=ratio, bound=1.3, at_least=False))
        series[name] = list(costs.items())
    return Result(
        name="growth",
        title="Growth",
        about=ABOUT,
        rows=rows,
        goals=goals,
        chart=Chart(kind="lines", x="bookings", y="milliseconds", series=series, logarithmic=True),
        rounds=scale.rounds,
    )
