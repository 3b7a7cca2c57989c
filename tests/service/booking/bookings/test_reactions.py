"""What money does to a booking: paid, late, too late."""

from datetime import datetime
from uuid import UUID, uuid4

from shared.contracts.billing.payments import PaymentStatus, PaymentSucceeded
from shared.contracts.billing.refunds import (
    RefundedPayment,
    RefundEvent,
    RefundFailed,
    RefundIssued,
    RefundReason,
    RefundSucceeded,
)
from shared.contracts.booking.bookings import Booking, GetBooking
from shared.contracts.money import Money
from shared.messaging import rpc
from tests.service.booking.conftest import Tenant, booking_id
from tests.support.eventually import eventually


async def look(tenant: Tenant, booking: UUID) -> Booking:
    return await rpc.call(tenant.broker, GetBooking(tenant_id=tenant.id, booking_id=booking))


async def hold(tenant: Tenant, soon: datetime) -> tuple[UUID, UUID, UUID]:
    service = await tenant.service(deposit_percent=30, price=Money(amount=10001, currency="eur"))
    resource = await tenant.resource(service)
    outcome = await tenant.book(service, soon)
    assert outcome.result
    assert outcome.result["status"] == "pending_payment"
    assert outcome.result["deposit"] == {"amount": 3001, "refunded_amount": 0, "currency": "eur", "status": "pending"}
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
    about = {
        "tenant_id": tenant.id,
        "payment_id": event.payment_id,
        "booking_id": booking,
        "amount": event.amount,
        "refund_id": uuid4(),
        "reason": RefundReason.CANCELLED,
    }

    async def deposit_becomes(status: str, *facts: RefundEvent) -> None:
        for fact in facts:
            await tenant.broker.publish(fact.subject, fact.model_dump_json().encode(), str(fact.id))

        async def reached() -> bool:
            seen = await look(tenant, booking)
            return seen.deposit is not None and seen.deposit.status == status

        await eventually(reached)

    await deposit_becomes("refund_pending", RefundIssued(**about))
    await deposit_becomes("refunded", RefundSucceeded(**about))
    await deposit_becomes("refund_failed", RefundFailed(**about, failure_code="lost_or_stolen_card"))
    # Older news, come late, changes nothing.
    await deposit_becomes("refund_failed", RefundSucceeded(**about), RefundIssued(**about))
    assert await kinds(tenant) == ["held", "confirmed"]
    _, body = (await tenant.events())[1]
    assert (body["version"], body["sequence"], body["actor"]) == (2, 2, "stripe")
    assert body["previous"]["status"] == "pending_payment"


async def test_a_deposit_stands_where_the_newest_news_of_its_payment_says(tenant: Tenant, soon: datetime) -> None:
    """A part is told before the payment; then a refund is refused and made by hand, told in the wrong order."""
    booking, _, _ = await hold(tenant, soon)
    payment_id = uuid4()

    async def told(kind: type[RefundEvent], status: str, refunded: int, sequence: int, **more: str) -> None:
        event = kind(
            tenant_id=tenant.id,
            payment_id=payment_id,
            booking_id=booking,
            amount=Money(amount=1000, currency="eur"),
            refund_id=uuid4(),
            reason=RefundReason.DASHBOARD,
            payment=RefundedPayment(status=PaymentStatus(status), refunded_amount=refunded, sequence=sequence),
            **more,
        )
        await tenant.broker.publish(event.subject, event.model_dump_json().encode(), str(event.id))

    async def deposit() -> tuple[str, int]:
        seen = (await look(tenant, booking)).deposit
        assert seen
        return seen.status, seen.refunded_amount

    async def stands(status: str, refunded: int) -> None:
        async def reached() -> bool:
            return await deposit() == (status, refunded)

        await eventually(reached)

    await told(RefundIssued, "partially_refunded", 1000, 1)
    await stands("partially_refunded", 1000)
    await pay(tenant, booking, payment_id)

    async def confirmed() -> bool:
        return (await look(tenant, booking)).status == "confirmed"

    await eventually(confirmed)
    assert await deposit() == ("partially_refunded", 1000)
    await told(RefundSucceeded, "refunded", 3001, 4)
    await stands("refunded", 3001)
    await told(RefundFailed, "refund_failed", 1000, 3, failure_code="charge_disputed")
    await told(RefundFailed, "refund_failed", 1000, 5, failure_code="lost_or_stolen_card")  # and the money comes back
    await stands("refund_failed", 1000)
    await told(RefundSucceeded, "refunded", 3001, 6)
    await stands("refunded", 3001)


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
