"""What is offered can be booked."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

from booking.availability.search import EXPLAINED, SLOT_SIZE, STRETCH_SIZE, Searches
from shared.clock import utc_now
from shared.contracts.booking.availability import FindSlots, Granularity
from shared.contracts.booking.calendars import AddTimeOff
from shared.contracts.booking.catalog import WeeklyHours
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code


async def test_what_is_offered_can_be_booked_and_is_gone_then(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=90, buffer_before_minutes=15, buffer_after_minutes=30)
    for zone in ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe"):
        hours = [WeeklyHours(weekday=day, opens="08:30", closes="19:00") for day in range(5)]
        await tenant.resource(service, time_zone=zone, weekly_hours=hours)
    query = FindSlots(tenant_id=tenant.id, service_id=service, from_=soon, to=soon + timedelta(days=20))
    offered = (await rpc.call(tenant.broker, query)).slots
    assert len(offered) > 100
    chosen = random.Random(7).sample(offered, 40)
    outcomes = [await tenant.book(service, s.starts_at, s.resource_ids[0]) for s in chosen]
    # A slot offered before another was booked may overlap it; nothing else may refuse.
    assert set(map(code, outcomes)) <= {"201", "slot_taken"}
    left = {(s.starts_at, r) for s in (await rpc.call(tenant.broker, query)).slots for r in s.resource_ids}
    booked = [(s.starts_at, s.resource_ids[0]) for s, o in zip(chosen, outcomes, strict=True) if o.status == 201]
    assert booked
    assert not left & set(booked)


async def test_a_long_search_comes_in_parts_that_together_are_the_whole(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=60, slot_step_minutes=5)
    resource = await tenant.resource(service)
    end = soon + timedelta(days=30)
    for hours in (30, 100, 500):
        assert (await tenant.book(service, soon + timedelta(hours=hours), resource)).status == 201
    start: datetime | None = soon
    parts: list[list[datetime]] = []
    while start is not None:
        query = FindSlots(tenant_id=tenant.id, service_id=service, from_=start, to=end)
        page = await rpc.call(tenant.broker, query)
        assert page.next_from is None or start < page.next_from < end
        parts.append([slot.starts_at for slot in page.slots])
        start = page.next_from
    # A slot by itself counts as ten; the last stretch may exceed the bound by what a stretch holds.
    assert len(parts) > 1
    assert max(map(len, parts)) * (SLOT_SIZE + 1) <= Searches().size + STRETCH_SIZE
    offered = [slot for part in parts for slot in part]
    assert offered == sorted(set(offered))
    taken_by_each = 60 // 5 * 2 - 1
    assert len(offered) == 30 * 24 * 60 // 5 - 3 * taken_by_each


async def test_closed_times_without_end_are_parts_too(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(slot_step_minutes=1)
    monday = [WeeklyHours(weekday=0, opens="09:00", closes="10:00")]
    for _ in range(3):
        await tenant.resource(service, weekly_hours=monday)
    start: datetime | None = soon
    end = soon + timedelta(days=62)
    offered: list[datetime] = []
    parts = 0
    while start is not None:
        page = await rpc.call(tenant.broker, FindSlots(tenant_id=tenant.id, service_id=service, from_=start, to=end))
        offered += [slot.starts_at for slot in page.slots]
        parts += 1
        start = page.next_from
    assert parts > 1
    assert 8 <= len(offered) <= 9  # an hour's appointment in an hour of opening, each Monday


async def test_days_are_those_of_the_slots(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=60)
    office = [WeeklyHours(weekday=day, opens="22:00", closes="03:00") for day in (0, 2, 5)]
    for zone in ("Europe/Paris", "America/Los_Angeles"):
        await tenant.resource(service, time_zone=zone, weekly_hours=office)
    query = FindSlots(tenant_id=tenant.id, service_id=service, from_=soon, to=soon + timedelta(days=15))
    slots = (await rpc.call(tenant.broker, query)).slots
    days = (await rpc.call(tenant.broker, query.model_copy(update={"granularity": Granularity.DAY}))).days
    assert days
    told = {(day.date, day.time_zone): (day.slots, day.first_start) for day in days}
    counted: dict[tuple[date, str], list[str]] = {}
    for slot in slots:
        local = datetime.fromisoformat(slot.local_start)
        counted.setdefault((local.date(), slot.time_zone), []).append(slot.local_start)
    assert told == {day: (len(starts), starts[0]) for day, starts in counted.items()}
    assert [day.date for day in days] == sorted(day.date for day in days)


async def test_each_candidate_names_what_a_booking_would_meet_with(tenant: Tenant, soon: datetime) -> None:
    """Every step of two days on three resources is tried for real, and told as it was explained."""
    noon = (soon + timedelta(days=1)).replace(hour=12, minute=0)
    ahead = noon - utc_now()
    service = await tenant.service(
        duration_minutes=60,
        buffer_after_minutes=30,
        slot_step_minutes=60,
        minimum_notice_minutes=int((ahead - timedelta(hours=4)).total_seconds() // 60),
        horizon_days=ahead.days + 1,
    )
    office = [WeeklyHours(weekday=day, opens="06:00", closes="20:00") for day in range(7)]
    resources = [await tenant.resource(service, time_zone="UTC", weekly_hours=office, capacity=n) for n in (1, 2)]
    resources.append(await tenant.resource(service, time_zone="UTC", weekly_hours=[]))
    off = {"starts_at": noon + timedelta(hours=4), "ends_at": noon + timedelta(hours=6), "resource_ids": resources[:1]}
    assert (await tenant.ask(AddTimeOff, **off)).status == 201
    for _ in range(2):
        await tenant.book(service, noon, resources[1])
    await tenant.book(service, noon, resources[0])
    start = noon - timedelta(hours=12)
    query = FindSlots(tenant_id=tenant.id, service_id=service, from_=start, to=start + timedelta(days=3), explain=True)
    told = await rpc.call(tenant.broker, query)
    assert told.candidates
    assert (told.slots, told.next_from) == ([], None)
    codes = Counter(candidate.refused for candidate in told.candidates)
    assert set(codes) == {None, "slot_taken", "outside_hours", "time_off", "too_soon", "too_far"}
    for candidate in random.Random(3).sample(told.candidates, 60):
        outcome = await tenant.book(service, candidate.starts_at, candidate.resource_id)
        assert code(outcome) == (candidate.refused or "201"), candidate
        if outcome.status == 201:
            await tenant.cancel(booking_id(outcome))


async def test_explanations_come_in_parts(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(slot_step_minutes=5)
    for _ in range(3):
        await tenant.resource(service)
    start: datetime | None = soon
    told: list[tuple[datetime, object]] = []
    while start is not None:
        query = FindSlots(
            tenant_id=tenant.id, service_id=service, from_=start, to=soon + timedelta(days=5), explain=True
        )
        page = await rpc.call(tenant.broker, query)
        assert page.candidates
        assert len(page.candidates) <= EXPLAINED
        told += [(candidate.starts_at, candidate.resource_id) for candidate in page.candidates]
        start = page.next_from
    assert len(told) == len(set(told)) == 5 * 24 * 12 * 3
