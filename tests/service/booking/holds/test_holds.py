"""Slots that are kept: nobody else has them meanwhile, and they end by booking, release or time."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from shared.contracts.base import Outcome
from shared.contracts.booking.catalog import ArchiveService, Requirement
from shared.contracts.booking.holds import CreateHold, ExtendHold, GetHold, Hold, ReleaseHold
from shared.messaging import rpc
from tests.service.booking.allocations.test_taking import NOT_WHOLE, OVERLAPS
from tests.service.booking.conftest import Tenant, booking_id, code
from tests.support.eventually import eventually

WITHOUT_OWNER = """
    SELECT count(*) FROM allocations a
    WHERE (a.returned_at IS NULL OR a.occupying)
      AND NOT EXISTS (SELECT FROM bookings b WHERE b.tenant_id = a.tenant_id AND b.id = a.owner_id)
      AND NOT EXISTS (SELECT FROM holds h WHERE h.tenant_id = a.tenant_id AND h.id = a.owner_id
                      AND (h.status = 'held') = a.occupying)"""


async def hold(tenant: Tenant, service: UUID, starts_at: datetime, resource: UUID | None = None) -> Outcome:
    return await tenant.ask(CreateHold, service_id=service, starts_at=starts_at, resource_id=resource)


def hold_id(outcome: Outcome) -> UUID:
    assert outcome.result, outcome
    return UUID(outcome.result["id"])


async def by_hold(tenant: Tenant, held: UUID) -> Outcome:
    command = tenant.command(uuid4(), datetime.max.replace(tzinfo=None), None)
    return await tenant.send(command.model_copy(update={"hold_id": held, "service_id": None, "starts_at": None}))


async def look(tenant: Tenant, held: UUID) -> Hold:
    return await rpc.call(tenant.broker, GetHold(tenant_id=tenant.id, hold_id=held))


async def sound(tenant: Tenant) -> None:
    for rule in (OVERLAPS, NOT_WHOLE, WITHOUT_OWNER):
        assert (await tenant.execute(rule)).scalar_one() == 0, rule


async def kinds(tenant: Tenant) -> list[str]:
    return [kind.split(".")[1] for kind, _ in await tenant.events()]


async def test_a_held_slot_is_nobody_elses_and_is_booked_once(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(deposit_percent=50)
    await tenant.resource(service)
    held = await hold(tenant, service, soon)
    assert held.status == 201
    assert code(await tenant.book(service, soon)) == "slot_taken"
    assert code(await hold(tenant, service, soon)) == "slot_taken"
    outcomes = await asyncio.gather(*(by_hold(tenant, hold_id(held)) for _ in range(5)))
    assert Counter(map(code, outcomes)) == {"201": 1, "hold_closed": 4}
    [made] = [outcome for outcome in outcomes if outcome.status == 201]
    assert made.result
    assert made.result["status"] == "pending_payment"
    assert datetime.fromisoformat(made.result["starts_at"]) == soon
    now = await look(tenant, hold_id(held))
    assert (now.status, now.booking_id) == ("booked", booking_id(made))
    await sound(tenant)
    assert await kinds(tenant) == ["hold_placed", "held"]
    await tenant.cancel(booking_id(made))
    assert (await tenant.book(service, soon)).status == 201, "the booking had the places, and gives them back"
    await sound(tenant)


async def test_a_released_slot_is_free_and_stays_released(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    held = hold_id(await hold(tenant, service, soon))
    assert [code(await tenant.ask(ReleaseHold, held)) for _ in range(2)] == ["200", "200"]
    assert (await tenant.book(service, soon)).status == 201
    assert code(await by_hold(tenant, held)) == "hold_closed"
    assert code(await tenant.ask(ExtendHold, held)) == "hold_closed"
    assert await kinds(tenant) == ["hold_placed", "hold_released", "confirmed"]
    await sound(tenant)


async def test_a_hold_ends_by_itself_and_is_told_once(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    held = hold_id(await hold(tenant, service, soon))
    await tenant.execute("UPDATE holds SET expires_at = now() - interval '1 s' WHERE id = :id", id=held)
    assert code(await by_hold(tenant, held)) == "hold_closed", "its time counts, not when somebody looks"

    async def expired() -> bool:
        return (await look(tenant, held)).status == "expired"

    await eventually(expired)
    assert (await tenant.book(service, soon)).status == 201
    assert code(await tenant.ask(ReleaseHold, held)) == "hold_closed"
    assert await kinds(tenant) == ["hold_placed", "hold_expired", "confirmed"]
    await sound(tenant)


async def test_a_hold_is_extended_once_and_never_beyond_its_start(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    held = hold_id(await hold(tenant, service, soon))
    before = await look(tenant, held)
    extended = await tenant.ask(ExtendHold, held)
    assert extended.result
    assert datetime.fromisoformat(extended.result["expires_at"]) - before.expires_at == timedelta(minutes=15)
    assert code(await tenant.ask(ExtendHold, held)) == "hold_extended"
    near = hold_id(
        await hold(tenant, service, before.created_at.replace(second=0, microsecond=0) + timedelta(minutes=5))
    )
    now = await look(tenant, near)
    assert now.expires_at == now.starts_at
    assert await kinds(tenant) == ["hold_placed", "hold_extended", "hold_placed"]


async def test_a_hold_of_several_is_booked_as_it_was_held(tenant: Tenant, soon: datetime) -> None:
    for number in range(2):
        await tenant.resource(name=f"Cleaner {number}", kind="cleaner")
    await tenant.resource(name="Van", kind="van")
    service = await tenant.service(requires=[Requirement(of="cleaner", quantity=2), Requirement(of="van")])
    held = await hold(tenant, service, soon)
    assert held.result
    await tenant.ask(ArchiveService, service)
    assert code(await hold(tenant, service, soon + timedelta(hours=3))) == "archived"
    made = await by_hold(tenant, hold_id(held))
    assert made.result, "what is held was promised"
    assert made.result["resources"] == held.result["resources"]
    assert len(made.result["resources"]) == 3
    await sound(tenant)


async def test_holds_keep_the_rules_of_bookings(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(horizon_days=5)
    closed = await tenant.resource(service, weekly_hours=[])
    assert code(await hold(tenant, service, soon)) == "outside_hours"
    assert code(await hold(tenant, service, soon + timedelta(days=9), closed)) == "too_far"
    assert code(await hold(tenant, service, soon - timedelta(days=9))) == "too_soon"
    assert code(await hold(tenant, uuid4(), soon)) == "service_not_found"
    assert code(await hold(tenant, service, soon, uuid4())) == "resource_not_found"
    assert code(await by_hold(tenant, uuid4())) == "hold_not_found"
    stranger = Tenant(tenant.broker, tenant.database)
    await stranger.listen()
    other = await tenant.service()
    await tenant.resource(other)
    held = hold_id(await hold(tenant, other, soon))
    assert code(await by_hold(stranger, held)) == "hold_not_found"
    for kind in (ExtendHold, ReleaseHold):
        assert code(await stranger.ask(kind, held)) == "hold_not_found"


async def test_a_command_that_comes_again_finds_the_booking_that_it_made_of_a_hold(
    tenant: Tenant, soon: datetime
) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    held = hold_id(await hold(tenant, service, soon))
    first = await by_hold(tenant, held)
    assert first.result
    again = tenant.command(service, soon).model_copy(
        update={"hold_id": held, "service_id": None, "starts_at": None, "subject_id": booking_id(first)}
    )
    outcome = await tenant.send(again)
    assert outcome.result
    assert outcome.result["id"] == first.result["id"]
    assert await kinds(tenant) == ["hold_placed", "confirmed"]
    await sound(tenant)
