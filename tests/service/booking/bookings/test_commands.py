"""What the business does to a booking: moved, cancelled, asked twice."""

from datetime import datetime, timedelta
from uuid import uuid4

from shared.clock import utc_now
from tests.service.booking.conftest import Tenant, booking_id, code


async def kinds(tenant: Tenant) -> list[str]:
    return [kind.split(".")[1] for kind, _ in await tenant.events()]


async def test_rescheduling_moves_in_place(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    first, second = await tenant.resource(service, name="First"), await tenant.resource(service, name="Second")
    booking = booking_id(await tenant.book(service, soon, first))
    await tenant.book(service, soon + timedelta(hours=2), first)
    later = soon + timedelta(hours=2)
    assert code(await tenant.reschedule(booking, later)) == "slot_taken"
    assert code(await tenant.reschedule(booking, later, expected_version=9)) == "version_conflict"
    moved = await tenant.reschedule(booking, later, resource_id=second, expected_version=1)
    assert moved.result
    assert (moved.status, moved.result["version"], moved.result["resource_id"]) == (200, 2, str(second))
    again = await tenant.reschedule(booking, later)
    assert again.result
    assert again.result["version"] == 2, "moving to where it is changes nothing"
    assert (await tenant.book(service, soon, first)).status == 201, "the old slot is free again"
    assert code(await tenant.reschedule(booking, utc_now() - timedelta(days=1))) == "too_soon"
    assert code(await tenant.reschedule(booking, later, resource_id=uuid4())) == "resource_not_found"
    overlapping_itself = await tenant.reschedule(booking, later + timedelta(minutes=30))
    assert overlapping_itself.status == 200, "a booking does not stand in its own way"
    _, body = (await tenant.events())[2]
    assert body["previous"]["starts_at"].startswith(soon.strftime("%Y-%m-%dT%H"))


async def test_a_repeated_key_tells_what_its_request_did_whatever_has_happened_since(
    tenant: Tenant, soon: datetime
) -> None:
    service = await tenant.service()
    resource = await tenant.resource(service)
    made = await tenant.book(service, soon, resource, idempotency_key="make", fingerprint="f")
    assert made.result
    booking = made.result["id"]
    moved = await tenant.reschedule(booking, soon + timedelta(hours=5), idempotency_key="move", fingerprint="f")
    cancelled = await tenant.cancel(booking, idempotency_key="drop", fingerprint="f")
    unchanged = await tenant.cancel(booking, idempotency_key="drop again", fingerprint="f")
    again = [
        await tenant.book(service, soon, resource, idempotency_key="make", fingerprint="f"),
        await tenant.reschedule(booking, soon + timedelta(hours=5), idempotency_key="move", fingerprint="f"),
        await tenant.cancel(booking, idempotency_key="drop", fingerprint="f"),
        await tenant.cancel(booking, idempotency_key="drop again", fingerprint="f"),
    ]
    first = [made, moved, cancelled, unchanged]
    assert [(o.status, o.result) for o in again] == [(o.status, o.result) for o in first]
    assert [o.status for o in first] == [201, 200, 200, 200]
    assert [(o.replayed, before.replayed) for o, before in zip(again, first, strict=True)] == [(True, False)] * 4
    assert len(await tenant.events()) == 3


async def test_cancelling(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    booking = booking_id(await tenant.book(service, soon))
    assert code(await tenant.cancel(booking, expected_version=2)) == "version_conflict"
    stranger = Tenant(tenant.broker, tenant.database)
    await stranger.listen()
    assert code(await stranger.cancel(booking)) == "booking_not_found"
    for _ in range(2):
        outcome = await tenant.cancel(booking, reason="rain")
        assert outcome.result
        assert (outcome.status, outcome.result["status"], outcome.result["version"]) == (200, "cancelled", 2)
    assert code(await tenant.reschedule(booking, soon)) == "booking_closed"
    assert (await tenant.book(service, soon)).status == 201
    assert await kinds(tenant) == ["confirmed", "cancelled", "confirmed"]
