"""What is offered can be booked."""

import random
from datetime import datetime, timedelta

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
