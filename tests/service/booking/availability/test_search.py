"""What is offered can be booked."""

import random
from datetime import datetime, timedelta

from booking.availability.search import SLOT_SIZE, STRETCH_SIZE, Searches
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.catalog import WeeklyHours
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, code


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
