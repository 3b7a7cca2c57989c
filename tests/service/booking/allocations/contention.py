"""Contention: 2,000 attempts on a resource of capacity five, and 100,000 on few slots with one and two resources each.

Takes minutes, so it is not collected with the other suites: `make contention`. The database is asked for deadlocks:
the one that is resolved by a retry counts as well.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts.base import Outcome
from shared.contracts.booking.catalog import Requirement
from tests.service.booking.allocations.test_taking import sound
from tests.service.booking.conftest import Tenant, booking_id, code

ATTEMPTS = 100_000
AT_ONCE = 300
RESOURCES = 12
SLOTS = 400

pytestmark = pytest.mark.timeout(1800)


async def deadlocks(tenant: Tenant) -> int:
    """How often the database has broken a deadlock so far."""
    async with tenant.database.system.connect() as connection:
        found = await connection.execute(text("SELECT sum(deadlocks) FROM pg_stat_database"))
        return int(found.scalar_one())


async def attempt(count: int, act: Callable[[], Awaitable[Outcome]]) -> Counter[str]:
    """So many, some hundreds of them at once; how each ended."""
    ended: Counter[str] = Counter()
    left = iter(range(count))

    async def go_on() -> None:
        for _ in left:
            ended[code(await act())] += 1

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return ended


async def test_two_thousand_attempts_on_five_places(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=60)
    room = await tenant.resource(service, capacity=5)
    chance = random.Random(5)

    async def act() -> Outcome:
        return await tenant.send(
            tenant.command(service, soon + timedelta(minutes=15 * chance.randrange(60)), room), within=60
        )

    ended = await attempt(2_000, act)
    assert set(ended) == {"201", "slot_taken"}
    most = await tenant.execute("""
        SELECT max(side_by_side) FROM (
            SELECT count(*) AS side_by_side FROM bookings a JOIN bookings b
                ON b.starts_at <= a.starts_at AND a.starts_at < b.ends_at GROUP BY a.id) AS at_a_start""")
    assert most.scalar_one() == 5
    await sound(tenant)
    print(f"\ncapacity 5: {dict(ended)}, at most 5 side by side")


async def test_a_hundred_thousand_attempts_with_one_and_two_resources(tenant: Tenant, soon: datetime) -> None:
    chance = random.Random(7)
    teams = [await tenant.resource(name=f"Team {n}", kind="team") for n in range(RESOURCES)]
    pair = await tenant.service(requires=[Requirement(of="team", quantity=2)])
    alone = await tenant.service(requires=[Requirement(of="team")])
    fixed = [
        await tenant.service(requires=[Requirement(of=[teams[n], teams[(n + 1) % RESOURCES]], quantity=2)])
        for n in range(RESOURCES)
    ]
    made: list[UUID] = []
    before, began = await deadlocks(tenant), time.monotonic()

    async def act() -> Outcome:
        pick, when = chance.random(), soon + timedelta(minutes=30 * chance.randrange(SLOTS))
        if made and pick < 0.1:
            return await tenant.cancel(made.pop(chance.randrange(len(made))))
        service = pair if pick < 0.4 else alone if pick < 0.7 else chance.choice(fixed)
        named = chance.choice(teams) if service is alone and pick < 0.55 else None
        outcome = await tenant.send(tenant.command(service, when, named), within=60)
        if outcome.status == 201:
            made.append(booking_id(outcome))
        return outcome

    ended = await attempt(ATTEMPTS, act)
    seconds = time.monotonic() - began
    assert set(ended) <= {"201", "200", "slot_taken"}, ended
    await sound(tenant)
    found = await deadlocks(tenant) - before
    print(
        f"\n{ATTEMPTS:,} attempts in {seconds:.0f} s: {dict(ended)}; no overlap, nothing half-taken, {found} deadlocks"
    )
    assert found == 0
