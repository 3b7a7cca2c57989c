"""Resources are off for a time: nothing is offered or taken there, what is booked there stays and is told."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from devstack.servers import Servers
from shared.clock import utc_now
from shared.contracts.base import Outcome
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.bookings import GetBooking
from shared.contracts.booking.calendars import AddTimeOff, GetTimeOff, ListTimeOff, RemoveTimeOff, TimeOffList
from shared.contracts.booking.catalog import OpenWindow, OverrideHours, RestoreHours
from shared.contracts.money import Money
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually

HOUR = timedelta(hours=1)


async def off(tenant: Tenant, starts_at: datetime, ends_at: datetime, *resources: UUID) -> dict[str, Any]:
    outcome = await tenant.ask(AddTimeOff, starts_at=starts_at, ends_at=ends_at, resource_ids=list(resources) or None)
    assert outcome.status == 201, outcome
    assert outcome.result
    return outcome.result


async def offered(tenant: Tenant, service: UUID, start: datetime, hours: int) -> set[tuple[int, UUID]]:
    """Which hours from the start on are offered, with whom."""
    asked = FindSlots(tenant_id=tenant.id, service_id=service, from_=start, to=start + hours * HOUR)
    slots = (await rpc.call(tenant.broker, asked)).slots
    return {((slot.starts_at - start) // HOUR, resource) for slot in slots for resource in slot.resource_ids}


async def facts(tenant: Tenant, kind: str) -> list[dict[str, Any]]:
    return [body for type_, body in await tenant.events() if type_ == f"booking.{kind}.v1"]


async def test_nothing_is_offered_or_taken_in_it_until_it_is_removed(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(slot_step_minutes=60)
    ann, bob = [await tenant.resource(service) for _ in range(2)]
    made = await off(tenant, soon + HOUR, soon + 3 * HOUR, ann)
    everything = {(hour, who) for hour in range(4) for who in (ann, bob)}
    assert await offered(tenant, service, soon, 4) == everything - {(1, ann), (2, ann)}
    assert code(await tenant.book(service, soon + HOUR, ann)) == "time_off"
    assert code(await tenant.book(service, soon + 2.5 * HOUR, ann)) == "time_off"
    other = await tenant.book(service, soon + HOUR)  # anybody: then Bob
    assert other.result
    assert other.result["resource_id"] == str(bob)
    before = booking_id(await tenant.book(service, soon, ann))
    assert code(await tenant.reschedule(before, soon + 2 * HOUR)) == "time_off"
    for _ in range(2):
        removed = await tenant.ask(RemoveTimeOff, made["id"])
        assert removed.status == 200
        assert removed.result
        assert removed.result["removed_at"]
    assert len(await facts(tenant, "time_off_removed")) == 1
    assert code(await tenant.book(service, soon + 2 * HOUR, ann)) == "201"


async def test_buffers_do_not_reach_into_it(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(buffer_before_minutes=30, buffer_after_minutes=30, slot_step_minutes=30)
    ann = await tenant.resource(service)
    await off(tenant, soon + 3 * HOUR, soon + 4 * HOUR)
    half_hours = [code(await tenant.book(service, soon + n * HOUR / 2, ann)) for n in (4, 3, 8, 9)]
    assert half_hours == ["time_off", "201", "time_off", "201"]


async def test_what_is_booked_there_stays_and_is_told(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    ann, bob = [await tenant.resource(service) for _ in range(2)]
    standing = [booking_id(await tenant.book(service, soon + n * HOUR, ann)) for n in (2, 0)]
    called_off = booking_id(await tenant.book(service, soon + HOUR, ann))
    await tenant.cancel(called_off)
    elsewhere = booking_id(await tenant.book(service, soon, bob))
    await tenant.book(service, soon + 6 * HOUR, ann)
    made = await off(tenant, soon, soon + 4 * HOUR, ann)
    assert [UUID(c["booking_id"]) for c in made["conflicts"]] == standing[::-1]
    assert made["conflict_count"] == 2
    [added] = await facts(tenant, "time_off_added")
    assert added["conflicts"] == made["conflicts"]
    assert added["time_off"]["id"] == made["id"]
    for booking in (*standing, elsewhere):
        assert (await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booking))).version == 1
    await tenant.reschedule(standing[0], soon + 8 * HOUR)
    left = await rpc.call(tenant.broker, GetTimeOff(tenant_id=tenant.id, time_off_id=UUID(made["id"])))
    assert [conflict.booking_id for conflict in left.conflicts] == [standing[1]]


async def test_for_all_means_those_that_come_later_too_and_nobody_elses(
    tenant: Tenant, broker: Any, database: Any, soon: datetime
) -> None:
    day = soon.date()
    outcome = await tenant.ask(AddTimeOff, first_date=day, last_date=day, reason="Closed")
    assert outcome.status == 201
    service = await tenant.service()
    later = await tenant.resource(service, time_zone="UTC")
    last = datetime.fromisoformat(f"{day}T23:59:00+00:00")
    assert code(await tenant.book(service, last, later)) == "time_off"
    assert code(await tenant.book(service, last + timedelta(minutes=1), later)) == "201"
    stranger = Tenant(broker, database)
    await stranger.listen()
    theirs = await stranger.service()
    await stranger.resource(theirs, time_zone="UTC")
    assert code(await stranger.book(theirs, datetime.fromisoformat(f"{day}T12:00:00+00:00"))) == "201"
    assert outcome.result
    for question in (
        stranger.ask(RemoveTimeOff, outcome.result["id"]),
        stranger.ask(AddTimeOff, starts_at=soon, ends_at=soon + HOUR, resource_ids=[later]),
    ):
        assert code(await question) in ("time_off_not_found", "resource_not_found")
    with pytest.raises(rpc.Rejected):
        await rpc.call(broker, GetTimeOff(tenant_id=stranger.id, time_off_id=UUID(outcome.result["id"])))
    assert (await rpc.call(broker, ListTimeOff(tenant_id=stranger.id))).time_off == []


async def test_lists_are_narrowed(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    ann, bob = [await tenant.resource(service) for _ in range(2)]
    first = await off(tenant, soon, soon + HOUR, ann)
    for_all = await off(tenant, soon + 5 * HOUR, soon + 6 * HOUR)
    gone = await off(tenant, soon, soon + HOUR, bob)
    await tenant.ask(RemoveTimeOff, gone["id"])

    async def shown(**asked: Any) -> list[str]:
        found: TimeOffList = await rpc.call(tenant.broker, ListTimeOff(tenant_id=tenant.id, **asked))
        return [str(one.id) for one in found.time_off]

    assert await shown() == [for_all["id"], first["id"]]
    assert await shown(resource_id=bob) == [for_all["id"]]
    assert await shown(resource_id=ann) == [for_all["id"], first["id"]]
    assert await shown(ends_from=soon + 2 * HOUR) == [for_all["id"]]
    assert await shown(starts_to=soon + 2 * HOUR) == [first["id"]]
    page = await rpc.call(tenant.broker, ListTimeOff(tenant_id=tenant.id, limit=1))
    assert await shown(limit=1, cursor=page.next_cursor) == [first["id"]]


async def test_late_money_does_not_take_a_time_that_is_off_by_now(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(deposit_percent=50)
    await tenant.resource(service)
    booking = booking_id(await tenant.book(service, soon))
    await tenant.execute("UPDATE bookings SET hold_expires_at = now() - interval '1 min' WHERE id = :id", id=booking)

    async def expired() -> bool:
        return bool(await facts(tenant, "expired"))

    await eventually(expired)
    await off(tenant, soon, soon + HOUR)
    paid = PaymentSucceeded(
        tenant_id=tenant.id, payment_id=uuid4(), booking_id=booking, amount=Money(amount=4500, currency="eur")
    )
    await tenant.broker.publish(paid.subject, paid.model_dump_json().encode(), str(paid.id))

    async def refused() -> list[dict[str, Any]]:
        return await facts(tenant, "late_payment_refused")

    [refusal] = await eventually(refused)
    assert "off" in refusal["reason"]


async def test_a_booking_of_the_same_moment_is_found_and_told(tenant: Tenant, servers: Servers, soon: datetime) -> None:
    """The booking has read what is off, and waits for the table; meanwhile somebody is off, and it goes on."""
    service = await tenant.service()
    ann = await tenant.resource(service)
    held = await asyncpg.connect(servers.postgres.url)
    blocked = held.transaction()
    await blocked.start()
    await held.execute("LOCK TABLE booking.bookings IN SHARE MODE")  # reads go on, writes wait
    booking: asyncio.Task[Outcome] = asyncio.create_task(tenant.book(service, soon, ann))

    async def waits() -> bool:
        sql = "SELECT count(*) FROM pg_locks WHERE relation = 'booking.bookings'::regclass AND NOT granted"
        return bool(await held.fetchval(sql))

    await eventually(waits)
    made = await off(tenant, soon, soon + HOUR, ann)
    assert made["conflicts"] == []
    await blocked.rollback()
    await held.close()
    assert (await booking).status == 201

    async def told() -> list[dict[str, Any]]:
        return await facts(tenant, "time_off_conflict_found")

    [found] = await eventually(told)
    assert found["conflict"]["booking_id"] == str(booking_id(booking.result()))
    assert found["time_off"]["id"] == made["id"]

    async def settled() -> bool:
        return bool((await tenant.execute("SELECT settled FROM time_off WHERE id = :id", id=UUID(made["id"]))).scalar())

    await eventually(settled)
    assert len(await facts(tenant, "time_off_conflict_found")) == 1


async def test_a_date_has_hours_of_its_own(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(slot_step_minutes=60)
    ann = await tenant.resource(service, time_zone="UTC")
    day = soon.date() + timedelta(days=1)
    midnight = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    morning = [OpenWindow(opens="09:00", closes="11:00")]
    for windows, hours in ((morning, {9, 10}), ([], set())):
        changed = await tenant.ask(OverrideHours, ann, date=day, windows=windows)
        assert changed.result
        assert changed.result["overrides"] == [
            {"date": day.isoformat(), "windows": [window.model_dump() for window in windows]}
        ]
        assert {hour for hour, _ in await offered(tenant, service, midnight, 24)} == hours
        assert code(await tenant.book(service, midnight + 12 * HOUR, ann)) == "outside_hours"
    for _ in range(2):
        restored = await tenant.ask(RestoreHours, ann, date=day)
        assert restored.result
        assert restored.result["overrides"] == []
    assert code(await tenant.book(service, midnight + 12 * HOUR, ann)) == "201"


@pytest.mark.parametrize(
    ("days", "windows", "field"),
    [
        (3, [("09:00", "12:00"), ("11:00", "13:00")], "windows"),
        (3, [("9", "12:00")], "windows"),
        (-5, [], "date"),
        (2000, [], "date"),
    ],
)
async def test_hours_of_a_date_that_make_no_sense(
    tenant: Tenant, days: int, windows: list[tuple[str, str]], field: str
) -> None:
    ann = await tenant.resource()
    day = utc_now().date() + timedelta(days=days)
    outcome = await tenant.ask(
        OverrideHours, ann, date=day, windows=[OpenWindow(opens=opens, closes=closes) for opens, closes in windows]
    )
    assert code(outcome) == "validation_error"
    assert outcome.refusal
    assert outcome.refusal.extra["errors"][0]["field"] == field
    assert code(await tenant.ask(OverrideHours, uuid4(), date=day, windows=[])) == "resource_not_found"


async def test_a_resource_has_only_so_many(tenant: Tenant) -> None:
    ann = await tenant.resource()
    today = utc_now().date()
    await tenant.execute(
        """
        UPDATE resources SET overrides = (
            SELECT jsonb_object_agg(CAST(:today AS date) + n, '[]'::jsonb) FROM generate_series(2, 401) AS n)
        WHERE id = :id
        """,
        today=today,
        id=ann,
    )
    assert code(await tenant.ask(OverrideHours, ann, date=today, windows=[])) == "validation_error"
    replaced = await tenant.ask(OverrideHours, ann, date=today + timedelta(days=5), windows=[])
    assert code(replaced) == "200"
    await tenant.execute(
        "UPDATE resources SET overrides = jsonb_build_object('2020-01-01', '[]'::jsonb) WHERE id = :id", id=ann
    )
    fresh = await tenant.ask(OverrideHours, ann, date=today, windows=[])
    assert fresh.result
    assert [override["date"] for override in fresh.result["overrides"]] == [today.isoformat()]
