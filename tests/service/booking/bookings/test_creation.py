"""Creating bookings over two replicas: one slot has one winner, whatever is sent at once."""

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from shared.clock import utc_now
from shared.contracts.booking.catalog import WeeklyHours
from tests.service.booking.conftest import Tenant, code
from tests.support.eventually import allowed, eventually


async def test_fifty_at_once_for_one_slot(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(buffer_after_minutes=30)
    await tenant.resource(service)
    outcomes = await asyncio.gather(*(tenant.book(service, soon) for _ in range(50)))
    assert Counter(map(code, outcomes)) == {"201": 1, "slot_taken": 49}
    refused = next(o for o in outcomes if o.refusal)
    assert refused.refusal
    alternatives = refused.refusal.extra["alternatives"]
    # The buffer keeps 10:00-10:30 after a booking that ends at 10:00.
    assert datetime.fromisoformat(alternatives[0]["starts_at"]) == soon + timedelta(minutes=90)
    again = await tenant.book(service, datetime.fromisoformat(alternatives[0]["starts_at"]))
    assert again.status == 201
    assert [kind for kind, _ in await tenant.events()] == ["booking.confirmed.v1"] * 2


async def test_any_free_resource_until_none_is_left(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    resources = [await tenant.resource(service, name=f"Team {n}") for n in range(3)]
    outcomes = await asyncio.gather(*(tenant.book(service, soon) for _ in range(7)))
    assert Counter(map(code, outcomes)) == {"201": 3, "slot_taken": 4}
    assert {o.result["resource_id"] for o in outcomes if o.result} == {str(r) for r in resources}


async def test_least_loaded_resource_comes_first(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    busy, idle = await tenant.resource(service, name="Busy"), await tenant.resource(service, name="Idle")
    await tenant.book(service, soon, busy)
    outcome = await tenant.book(service, soon + timedelta(hours=2))
    assert outcome.result
    assert outcome.result["resource_id"] == str(idle)


async def test_one_idempotency_key_sent_twenty_times_at_once(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    commands = [tenant.command(service, soon, idempotency_key="key-1", fingerprint="same") for _ in range(20)]
    outcomes = await asyncio.gather(*map(tenant.send, commands))
    assert {o.status for o in outcomes} == {201}
    assert len({o.result["id"] for o in outcomes if o.result}) == 1
    assert Counter(o.replayed for o in outcomes) == {True: 19, False: 1}
    other = await tenant.book(service, soon + timedelta(hours=3), idempotency_key="key-1", fingerprint="other")
    assert code(other) == "idempotency_key_reused"
    elsewhere = Tenant(tenant.broker, tenant.database)
    await elsewhere.listen()
    foreign = await elsewhere.service()
    await elsewhere.resource(foreign)
    theirs = await elsewhere.book(foreign, soon, idempotency_key="key-1", fingerprint="same")
    assert (theirs.status, theirs.replayed) == (201, False)
    for command in commands:
        assert outcomes[0].result
        made = outcomes[0].result["id"]
        followed = await tenant.follow(command.id)
        if str(command.id) != made:
            assert followed, "every Location that was given out must answer"
            assert followed.result
            assert followed.result["id"] == made
    assert [kind for kind, _ in await tenant.events()] == ["booking.confirmed.v1"]


async def test_a_redelivered_request_has_the_same_outcome(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    command = tenant.command(service, soon, idempotency_key="again", fingerprint="f")
    first = await tenant.send(command)
    future = tenant.waiting[command.id] = asyncio.get_running_loop().create_future()
    await tenant.broker.publish(command.subject, command.model_dump_json().encode(), str(uuid4()))
    second = await asyncio.wait_for(future, allowed(10))
    assert (second.status, second.result) == (201, first.result)
    assert len(await tenant.events()) == 1


async def test_refusals_name_their_rule(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(minimum_notice_minutes=24 * 60, horizon_days=10)
    office = [WeeklyHours(weekday=day, opens="09:00", closes="18:00") for day in range(7)]
    resource = await tenant.resource(service, weekly_hours=office, time_zone="UTC")
    noon = soon.replace(hour=12)
    stranger = Tenant(tenant.broker, tenant.database)
    await stranger.listen()
    theirs = await stranger.service()
    commands: dict[str, tuple[UUID, datetime, UUID | None]] = {
        "201": (service, noon, resource),
        "slot_taken": (service, noon, resource),
        "outside_hours": (service, noon.replace(hour=17, minute=30), resource),
        "too_soon": (service, utc_now() + timedelta(hours=23), None),
        "too_far": (service, noon + timedelta(days=20), None),
        "service_not_found": (theirs, noon, None),
        "resource_not_found": (service, noon, uuid4()),
    }
    for expected, (wanted, starts_at, of) in commands.items():
        assert code(await tenant.book(wanted, starts_at, of)) == expected
    assert code(await tenant.book(service, utc_now() - timedelta(days=1))) == "too_soon"
    assert code(await tenant.book(service, datetime.max.replace(tzinfo=noon.tzinfo))) == "too_far"
    assert len(await tenant.events()) == 1
    refused = tenant.command(service, noon, resource)
    await tenant.send(refused)
    followed = await tenant.follow(refused.id)
    assert followed
    assert code(followed) == "slot_taken"


async def test_a_storm_leaves_no_overlap(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=45, buffer_after_minutes=15)
    resources = [await tenant.resource(service, name=f"Team {n}") for n in range(2)]
    chance = random.Random(11)
    made: list[str] = []
    outcomes: Counter[str] = Counter()

    async def act() -> None:
        for _ in range(12):
            when = soon + timedelta(minutes=15 * chance.randrange(40))
            pick = chance.random()
            if pick < 0.6 or not made:
                outcome = await tenant.book(service, when, chance.choice([None, *resources]))
            elif pick < 0.85:
                outcome = await tenant.reschedule(chance.choice(made), when)
            else:
                outcome = await tenant.cancel(chance.choice(made))
            outcomes[code(outcome)] += 1
            if outcome.status == 201 and outcome.result:
                made.append(outcome.result["id"])

    await asyncio.gather(*(act() for _ in range(24)))
    assert sum(outcomes.values()) == 24 * 12
    assert set(outcomes) <= {"201", "200", "slot_taken", "booking_closed"}
    overlaps = await tenant.execute("""
        SELECT count(*) FROM bookings a JOIN bookings b ON a.resource_id = b.resource_id AND a.id < b.id
        AND a.starts_at - interval '0' < b.ends_at + interval '15 min' AND b.starts_at < a.ends_at + interval '15 min'
        WHERE a.status = 'confirmed' AND b.status = 'confirmed'""")
    assert overlaps.scalar_one() == 0
    by_booking: dict[str, list[int]] = {}
    for _, body in await tenant.events():
        by_booking.setdefault(body["booking"]["id"], []).append(body["sequence"])
    assert len(by_booking) == len(made)
    assert all(sorted(seen) == list(range(1, len(seen) + 1)) for seen in by_booking.values())
    print(f"storm: {dict(outcomes)}, overlaps 0")


async def test_every_event_reaches_the_stream(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=30)
    await tenant.resource(service)
    await asyncio.gather(*(tenant.book(service, soon + timedelta(minutes=30 * n)) for n in range(40)))

    async def stored() -> bool:
        info = await tenant.broker.js.stream_info("BOOKING", subjects_filter=f"booking.*.v1.{tenant.id}")
        return sum((info.state.subjects or {}).values()) == 40

    await eventually(stored)
