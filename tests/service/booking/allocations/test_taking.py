"""Places on resources: side by side up to a capacity, several at once or none, and never more than there are."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.base import Outcome
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.catalog import ChangeResource, Requirement, WeeklyHours
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code

OVERLAPS = """
    SELECT count(*) FROM allocations a JOIN allocations b ON a.resource_id = b.resource_id AND a.unit = b.unit
        AND a.owner_id < b.owner_id AND a.busy_from < b.busy_until AND b.busy_from < a.busy_until
    WHERE a.occupying AND b.occupying"""
NOT_WHOLE = """
    SELECT count(*) FROM (
        SELECT b.id FROM bookings b LEFT JOIN allocations a ON a.tenant_id = b.tenant_id AND a.owner_id = b.id
        GROUP BY b.tenant_id, b.id
        HAVING count(a.owner_id) <> coalesce(jsonb_array_length(b.resources), 1)
            OR bool_or(a.occupying <> b.occupying)
    ) AS partly"""
WITHOUT_OWNER = """
    SELECT count(*) FROM allocations a
    WHERE (a.returned_at IS NULL OR a.occupying)
      AND NOT EXISTS (SELECT FROM bookings b WHERE b.tenant_id = a.tenant_id AND b.id = a.owner_id)"""


async def sound(tenant: Tenant) -> None:
    for rule in (OVERLAPS, NOT_WHOLE, WITHOUT_OWNER):
        assert (await tenant.execute(rule)).scalar_one() == 0, rule


def names(outcome: Outcome) -> list[str]:
    assert outcome.result, outcome
    return [resource["name"] for resource in outcome.result["resources"]]


async def crew(tenant: Tenant, cleaners: int = 3, vans: int = 1, **changes: Any) -> UUID:
    """A service that takes two cleaners and a van."""
    for number in range(cleaners):
        await tenant.resource(name=f"Cleaner {number}", kind="cleaner")
    for number in range(vans):
        await tenant.resource(name=f"Van {number}", kind="van")
    requires = [Requirement(of="cleaner", quantity=2), Requirement(of="van")]
    return await tenant.service(requires=requires, **changes)


async def test_as_many_side_by_side_as_the_capacity(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    room = await tenant.resource(service, capacity=5)
    outcomes = await asyncio.gather(*(tenant.book(service, soon, room) for _ in range(20)))
    assert Counter(map(code, outcomes)) == {"201": 5, "slot_taken": 15}
    await sound(tenant)
    freed = next(outcome for outcome in outcomes if outcome.status == 201)
    await tenant.cancel(booking_id(freed))
    again = await asyncio.gather(*(tenant.book(service, soon) for _ in range(3)))
    assert Counter(map(code, again)) == {"201": 1, "slot_taken": 2}
    await sound(tenant)


async def test_a_smaller_capacity_keeps_what_is_booked_and_takes_no_more(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    room = await tenant.resource(service, capacity=3)
    made = [await tenant.book(service, soon, room) for _ in range(3)]
    assert (await tenant.ask(ChangeResource, room, capacity=1)).status == 200
    assert code(await tenant.book(service, soon, room)) == "slot_taken"
    await tenant.cancel(booking_id(made[2]))
    assert code(await tenant.book(service, soon, room)) == "slot_taken", "the first place is not free"
    await tenant.cancel(booking_id(made[0]))
    assert code(await tenant.book(service, soon, room)) == "201"


async def test_several_resources_or_none(tenant: Tenant, soon: datetime) -> None:
    service = await crew(tenant)
    first = await tenant.book(service, soon)
    assert sorted(kind.split()[0] for kind in names(first)) == ["Cleaner", "Cleaner", "Van"]
    assert len(set(names(first))) == 3
    assert first.result
    assert first.result["resource_id"] == first.result["resources"][0]["id"]
    refused = await tenant.book(service, soon + timedelta(minutes=30))
    assert code(refused) == "slot_taken", "one cleaner is left, and no van"
    assert refused.refusal
    free = datetime.fromisoformat(refused.refusal.extra["alternatives"][0]["starts_at"])
    assert free == soon + timedelta(hours=1)
    assert (await tenant.book(service, free)).status == 201
    await sound(tenant)
    assert code(await tenant.cancel(booking_id(first))) == "200"
    assert (await tenant.book(service, soon)).status == 201
    await sound(tenant)
    _, held = (await tenant.events())[0]
    assert [r["name"] for r in held["booking"]["resources"]] == names(first)


async def test_what_is_offered_together_can_be_had_and_nothing_else(tenant: Tenant, soon: datetime) -> None:
    """Resources that open at odd times: each start of the day, offered or not, is tried."""
    early = [WeeklyHours(weekday=day, opens="07:10", closes="15:00") for day in range(7)]
    late = [WeeklyHours(weekday=day, opens="09:40", closes="18:00") for day in range(7)]
    await tenant.resource(name="Early", kind="cleaner", weekly_hours=early, time_zone="UTC")
    await tenant.resource(name="Late", kind="cleaner", weekly_hours=late, time_zone="UTC")
    await tenant.resource(name="Van", kind="van", time_zone="UTC")
    service = await tenant.service(
        requires=[Requirement(of="cleaner", quantity=2), Requirement(of="van")], slot_step_minutes=30
    )
    day = soon.replace(hour=0, minute=0) + timedelta(days=1)
    query = FindSlots(tenant_id=tenant.id, service_id=service, from_=day, to=day + timedelta(days=1))
    offered = {slot.starts_at for slot in (await rpc.call(tenant.broker, query)).slots}
    assert min(offered) == day.replace(hour=9, minute=40)
    assert max(offered) == day.replace(hour=14)
    for minutes in range(0, 24 * 60, 10):
        start = day + timedelta(minutes=minutes)
        outcome = await tenant.book(service, start)
        assert (outcome.status == 201) or start not in offered
        within = day.replace(hour=9, minute=40) <= start <= day.replace(hour=14)
        assert (outcome.status == 201) == within, (start, code(outcome))
        if outcome.status == 201:
            await tenant.cancel(booking_id(outcome))
    await sound(tenant)


async def test_a_named_resource_is_one_of_them(tenant: Tenant, soon: datetime) -> None:
    service = await crew(tenant)
    elsewhere = await tenant.resource(name="Elsewhere")
    [wanted] = [row.id for row in await tenant.execute("SELECT id FROM resources WHERE name = 'Cleaner 2'")]
    made = await tenant.book(service, soon, wanted)
    assert names(made)[0] == "Cleaner 2"
    assert code(await tenant.book(service, soon, elsewhere)) == "resource_not_found"


async def test_a_booking_of_several_moves_as_a_whole(tenant: Tenant, soon: datetime) -> None:
    service = await crew(tenant)
    first = await tenant.book(service, soon)
    second = await tenant.book(service, soon + timedelta(hours=2))
    assert code(await tenant.reschedule(booking_id(first), soon + timedelta(hours=2))) == "slot_taken"
    await sound(tenant)
    moved = await tenant.reschedule(booking_id(first), soon + timedelta(hours=4))
    assert names(moved) == names(first)
    assert (await tenant.book(service, soon)).status == 201
    await tenant.cancel(booking_id(second))
    assert (await tenant.reschedule(booking_id(first), soon + timedelta(hours=2))).status == 200
    await sound(tenant)


async def test_too_few_resources_are_refused_where_they_are_asked_for(tenant: Tenant, soon: datetime) -> None:
    van = await tenant.resource(name="Van", kind="van")
    refused = await tenant.try_service(requires=[Requirement(of=[van], quantity=2)])
    assert code(refused) == "validation_error"
    assert code(await tenant.try_service(requires=[Requirement(of="van", quantity=21)])) == "validation_error"
    assert code(await tenant.try_service(requires=[Requirement(of=[UUID(int=7)])])) == "validation_error"
    service = await tenant.service(requires=[Requirement(of="van", quantity=2)])
    assert code(await tenant.book(service, soon)) == "outside_hours", "nobody ever has two"


async def test_a_storm_of_ones_twos_and_threes_leaves_no_half(tenant: Tenant, soon: datetime) -> None:
    trio = await crew(tenant, cleaners=4, vans=2, duration_minutes=45, buffer_after_minutes=15)
    pair = await tenant.service(requires=[Requirement(of="cleaner", quantity=2)], duration_minutes=30)
    cleaners = [row.id for row in await tenant.execute("SELECT id FROM resources WHERE kind = 'cleaner' ORDER BY name")]
    fixed = await tenant.service(requires=[Requirement(of=cleaners[:2], quantity=2)], duration_minutes=60)
    alone = await tenant.service(requires=[Requirement(of=cleaners)])
    chance = random.Random(7)
    outcomes: Counter[str] = Counter()
    made: list[UUID] = []

    async def act() -> None:
        for _ in range(10):
            when = soon + timedelta(minutes=15 * chance.randrange(30))
            pick = chance.random()
            if pick < 0.7 or not made:
                named = chance.choice(cleaners) if chance.random() < 0.3 else None
                service = chance.choice([trio, pair, fixed, alone])
                outcome = await tenant.book(service, when, named)
            elif pick < 0.85:
                outcome = await tenant.reschedule(chance.choice(made), when)
            else:
                outcome = await tenant.cancel(chance.choice(made))
            outcomes[code(outcome)] += 1
            if outcome.status == 201:
                made.append(booking_id(outcome))

    await asyncio.gather(*(act() for _ in range(24)))
    assert set(outcomes) <= {"201", "200", "slot_taken", "booking_closed", "resource_not_found"}
    assert outcomes["201"] > 20
    await sound(tenant)
    print(f"storm: {dict(outcomes)}")
