"""Asking for a deposit, and taking the offer back."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from billing.errors import PaymentNotFound
from billing.payments.model import Payment
from billing.stripe.client import Intent
from shared.clock import utc_now
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.booking.bookings import BookingCancelled, BookingExpired, BookingHeld, Deposit, DepositStatus
from shared.contracts.money import Money
from shared.errors import AlreadyHandled, NotYet, Poison, Unavailable
from tests.service.billing.conftest import Billing, a_booking, news


async def intents_of(billing: Billing, held: BookingHeld) -> list[str]:
    """The intents that Stripe has for a booking."""
    listed = (await billing.customer.get("/v1/payment_intents", params={"limit": 100})).json()["data"]
    return [i["id"] for i in listed if i["metadata"].get("booking_id") == str(held.booking.id)]


async def test_a_hold_gets_a_payment_that_can_be_paid(billing: Billing) -> None:
    held = await billing.hold()
    payment = await billing.payment(held)
    assert (payment.status, payment.amount, payment.currency) == (PaymentStatus.REQUESTED, 2500, "eur")
    assert payment.payment_intent_id is not None
    assert payment.client_secret is not None
    assert payment.client_secret.startswith(payment.payment_intent_id)
    [(kind, body)] = await billing.announced(held)
    assert kind == "billing.payment_requested.v1"
    assert body["amount"] == {"amount": 2500, "currency": "eur"}
    assert (body["correlation_id"], body["causation_id"]) == (str(held.correlation_id), str(held.id))
    assert payment.client_secret not in str(body)
    intent = (await billing.customer.get(f"/v1/payment_intents/{payment.payment_intent_id}")).json()
    assert intent["description"] == "Deposit: Deep clean, Sparkle & Sons"
    assert intent["metadata"] == {
        "tenant_id": str(held.tenant_id),
        "booking_id": str(held.booking.id),
        "payment_id": str(payment.id),
    }


async def test_another_tenant_sees_no_payment(billing: Billing) -> None:
    held = await billing.hold()
    with pytest.raises(PaymentNotFound):
        await billing.payment(held, tenant_id=uuid4())


async def test_a_repeated_message_makes_one_intent(billing: Billing) -> None:
    held = await billing.hold()
    with pytest.raises(AlreadyHandled):
        await billing.request_deposit(held)
    assert len(await intents_of(billing, held)) == 1
    assert await billing.types(held) == ["payment_requested"]


async def test_a_second_hold_of_a_booking_gets_no_second_payment(billing: Billing) -> None:
    held = await billing.hold()
    await billing.request_deposit(held.model_copy(update={"id": uuid4(), "version": 2}))
    assert await billing.types(held) == ["payment_requested"]


async def test_an_answer_that_never_came_is_got_by_asking_again(billing: Billing) -> None:
    await billing.faults(timeout_after_success=1)
    held = await billing.hold()
    assert len(await intents_of(billing, held)) == 1
    assert (await billing.payment(held)).client_secret is not None


async def test_after_a_500_stripe_is_looked_at_before_it_is_asked_anew(billing: Billing) -> None:
    await billing.faults(error_500=1)
    held = await billing.hold()
    assert len(await intents_of(billing, held)) == 1
    assert await billing.types(held) == ["payment_requested"]


async def test_stripe_being_down_is_waited_for(billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking())
    await billing.faults(down=True)
    with pytest.raises(Unavailable):
        await billing.request_deposit(held)
    await billing.faults(down=False)
    await billing.request_deposit(held)
    assert await billing.types(held) == ["payment_requested"]


async def test_what_stripe_refuses_for_good_is_a_failed_payment(billing: Billing) -> None:
    held = await billing.hold(deposit=Deposit(amount=1, currency="eur", status=DepositStatus.PENDING))
    payment = await billing.payment(held)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "amount_too_small")
    [(kind, body)] = await billing.announced(held)
    assert (kind, body["failure_code"]) == ("billing.payment_failed.v1", "amount_too_small")


async def test_a_hold_that_is_over_is_not_asked_for(billing: Billing) -> None:
    held = await billing.hold(hold_expires_at=utc_now() - timedelta(seconds=1))
    assert (await billing.payment(held)).status == PaymentStatus.CANCELED
    assert await billing.types(held) == []
    assert await intents_of(billing, held) == []
    await billing.cancel_payment(news(BookingExpired, held.booking, tenant_id=held.tenant_id))


async def test_an_intent_that_a_crash_left_behind_is_taken_back_when_the_hold_is_over(billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking(hold_expires_at=utc_now() - timedelta(seconds=1)))
    payment = Payment.of_booking(held.tenant_id, held.booking.id, 1, Money(amount=2500, currency="eur"), None)
    left = await billing.stripe.create_intent(
        key=f"pi:{held.booking.id}:1",
        amount=Money(amount=2500, currency="eur"),
        description="made before the crash",
        metadata={
            "tenant_id": str(held.tenant_id),
            "booking_id": str(held.booking.id),
            "payment_id": str(payment.id),
        },
        asked_at=held.occurred_at,
    )
    await billing.request_deposit(held)
    known = await billing.payment(held)
    assert isinstance(left, Intent)
    assert (known.status, known.payment_intent_id) == (PaymentStatus.CANCELED, left.id)
    assert (await billing.pay(left.id)).status_code == 400, "it can't be paid any more"
    assert await billing.types(held) == []


async def test_a_hold_without_a_deposit_is_poison(billing: Billing) -> None:
    with pytest.raises(Poison):
        await billing.hold(deposit=None)


@pytest.mark.parametrize("kind", [BookingExpired, BookingCancelled])
async def test_an_ended_booking_can_not_be_paid_any_more(
    billing: Billing, kind: type[BookingExpired | BookingCancelled]
) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    await billing.cancel_payment(news(kind, held.booking, tenant_id=held.tenant_id))
    assert (await billing.payment(held)).status == PaymentStatus.CANCELED
    assert (await billing.payment(held)).client_secret is None
    assert (await billing.pay(intent)).status_code == 400
    await billing.cancel_payment(news(kind, held.booking, tenant_id=held.tenant_id))
    await billing.hear(*await billing.events(intent))
    assert await billing.types(held) == ["payment_requested"]


async def test_money_that_came_before_the_end_is_left_to_late_money(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    await billing.pay(intent)
    await billing.cancel_payment(news(BookingExpired, held.booking, tenant_id=held.tenant_id))
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED
    await billing.hear(*await billing.events(intent))
    assert (await billing.payment(held)).status == PaymentStatus.SUCCEEDED


async def test_an_end_that_overtakes_the_hold_waits_for_it(billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking())
    expired = news(BookingExpired, held.booking, tenant_id=held.tenant_id)
    with pytest.raises(NotYet):
        await billing.cancel_payment(expired)
    await billing.request_deposit(held)
    await billing.cancel_payment(expired)
    assert (await billing.payment(held)).status == PaymentStatus.CANCELED


async def test_a_booking_without_a_deposit_has_nothing_to_take_back(billing: Billing) -> None:
    free = news(BookingCancelled, a_booking(deposit=None))
    await billing.cancel_payment(free)
    await billing.request_refund(free)


async def test_ten_deliveries_at_once_make_one_intent(billing: Billing) -> None:
    held: BookingHeld = news(BookingHeld, a_booking())
    outcomes = await asyncio.gather(*(billing.request_deposit(held) for _ in range(10)), return_exceptions=True)
    assert {type(o) for o in outcomes if o is not None} <= {AlreadyHandled, Unavailable}
    assert outcomes.count(None) == 1
    assert len(await intents_of(billing, held)) == 1


async def test_an_intent_made_in_spite_of_a_500_is_found(billing: Billing) -> None:
    held = await billing.hold()
    payment = await billing.payment(held)
    # Other arguments under a key that was used: Stripe answers 400, and the first intent is found by its metadata.
    found = await billing.stripe.create_intent(
        key=f"pi:{held.booking.id}:1",
        amount=Money(amount=2600, currency="eur"),
        description="",
        metadata={"payment_id": str(payment.id)},
        asked_at=held.occurred_at,
    )
    assert getattr(found, "id", None) == payment.payment_intent_id
