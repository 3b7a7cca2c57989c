"""What happens to a booking: paid, late, moved, cancelled, expired, over."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.clock import utc_now
from shared.contracts.base import Outcome
from shared.contracts.billing.payments import PaymentSucceeded
from shared.contracts.billing.refunds import RefundIssued, RefundReason
from shared.contracts.booking.bookings import Booking, GetBooking, ListBookings
from shared.contracts.booking.catalog import ListServices
from shared.contracts.money import Money
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant
from tests.service.booking.test_creating import code
from tests.support.eventually import eventually


def booking_id(outcome: Outcome) -> UUID:
    assert outcome.result, outcome
    return UUID(outcome.result["id"])


async def look(tenant: Tenant, booking: UUID) -> Booking:
    return await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booking))


async def hold(tenant: Tenant, soon: datetime) -> tuple[UUID, UUID, UUID]:
    service = await tenant.service(deposit_percent=30, price=Money(amount=10001, currency="eur"))
    resource = await tenant.resource(service)
    outcome = await tenant.book(service, soon)
    assert outcome.result
    assert outcome.result["status"] == "pending_payment"
    assert outcome.result["deposit"] == {"amount": 3001, "currency": "eur", "status": "pending"}
    return booking_id(outcome), service, resource


async def pay(tenant: Tenant, booking: UUID, payment_id: UUID | None = None) -> PaymentSucceeded:
    event = PaymentSucceeded(
        tenant_id=tenant.id,
        payment_id=payment_id or uuid4(),
        booking_id=booking,
        amount=Money(amount=3001, currency="eur"),
    )
    await tenant.broker.publish(event.subject, event.model_dump_json().encode(), str(event.id))
    return event


async def kinds(tenant: Tenant) -> list[str]:
    return [kind.split(".")[1] for kind, _ in await tenant.events()]


async def test_a_paid_hold_is_confirmed_once(tenant: Tenant, soon: datetime) -> None:
    booking, _, _ = await hold(tenant, soon)
    event = await pay(tenant, booking)

    async def confirmed() -> bool:
        return (await look(tenant, booking)).status == "confirmed"

    await eventually(confirmed)
    await pay(tenant, booking, event.payment_id)
    await tenant.broker.publish(event.subject, event.model_dump_json().encode(), str(uuid4()))
    refund = RefundIssued(
        tenant_id=tenant.id,
        payment_id=event.payment_id,
        booking_id=booking,
        amount=event.amount,
        refund_id=uuid4(),
        reason=RefundReason.CANCELLED,
    )
    await tenant.broker.publish(refund.subject, refund.model_dump_json().encode(), str(refund.id))

    async def refunded() -> bool:
        seen = await look(tenant, booking)
        return seen.deposit is not None and seen.deposit.status == "refunded"

    await eventually(refunded)
    assert await kinds(tenant) == ["held", "confirmed"]
    _, body = (await tenant.events())[1]
    assert (body["version"], body["sequence"], body["actor"]) == (2, 2, "stripe")
    assert body["previous"]["status"] == "pending_payment"


async def test_a_hold_expires_and_late_money_takes_the_slot_again(tenant: Tenant, soon: datetime) -> None:
    booking, _, _ = await hold(tenant, soon)
    await tenant.execute("UPDATE bookings SET hold_expires_at = now() - interval '1 s' WHERE id = :id", id=booking)

    async def expired() -> bool:
        return (await look(tenant, booking)).status == "expired"

    await eventually(expired)
    await pay(tenant, booking)

    async def confirmed() -> bool:
        return (await look(tenant, booking)).status == "confirmed"

    await eventually(confirmed)
    assert await kinds(tenant) == ["held", "expired", "confirmed"]


async def test_late_money_for_a_slot_that_is_gone_is_refused(tenant: Tenant, soon: datetime) -> None:
    booking, service, _ = await hold(tenant, soon)
    await tenant.execute("UPDATE bookings SET hold_expires_at = now() - interval '1 s' WHERE id = :id", id=booking)

    async def rebooked() -> bool:
        return (await tenant.book(service, soon)).status == 201

    await eventually(rebooked)
    event = await pay(tenant, booking)

    async def refused() -> bool:
        return "late_payment_refused" in await kinds(tenant)

    await eventually(refused)
    _, body = (await tenant.events())[-1]
    assert body["payment_id"] == str(event.payment_id)
    assert (await look(tenant, booking)).status == "expired"


async def test_money_does_not_revive_a_cancelled_booking(tenant: Tenant, soon: datetime) -> None:
    booking, _, _ = await hold(tenant, soon)
    await tenant.cancel(booking, reason="customer rang")
    await pay(tenant, booking)

    async def refused() -> bool:
        return await kinds(tenant) == ["held", "cancelled", "late_payment_refused"]

    await eventually(refused)
    seen = await look(tenant, booking)
    assert (seen.status, seen.cancellation_reason) == ("cancelled", "customer rang")


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


async def test_an_appointment_that_is_over_is_completed(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service()
    await tenant.resource(service)
    booking = booking_id(await tenant.book(service, soon))
    await tenant.execute(
        "UPDATE bookings SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h' WHERE id = :id",
        id=booking,
    )

    async def completed() -> bool:
        return (await look(tenant, booking)).status == "completed"

    await eventually(completed, within=20)


async def test_pages_neither_skip_nor_repeat(tenant: Tenant, soon: datetime) -> None:
    service = await tenant.service(duration_minutes=30)
    await tenant.resource(service)
    made = [booking_id(await tenant.book(service, soon + timedelta(hours=n))) for n in range(9)]
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, limit=4, cursor=cursor))
        seen += [b.id for b in page.bookings]
        if len(seen) == 4:
            await tenant.book(service, soon + timedelta(hours=20))
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    first = await rpc.call(tenant.broker, ListBookings(tenant_id=tenant.id, limit=4))
    assert first.next_cursor
    of_another_list = first.next_cursor
    forged = ("", "x", "bnVsbA==", "WzEsMl0=", "é", of_another_list, of_another_list[:-2])
    for wrong in forged:
        with pytest.raises(rpc.Rejected) as rejected:
            await rpc.call(tenant.broker, ListServices(tenant_id=tenant.id, cursor=wrong))
        assert rejected.value.refusal.code == "invalid_cursor"
    with pytest.raises(rpc.Rejected):
        await rpc.call(tenant.broker, ListBookings(tenant_id=uuid4(), cursor=first.next_cursor))
    stranger = await rpc.call(tenant.broker, ListBookings(tenant_id=uuid4()))
    assert stranger.bookings == []
