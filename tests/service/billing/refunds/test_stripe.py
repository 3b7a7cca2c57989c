"""What Stripe tells about money that goes back: of refunds of ours, and of those made in its dashboard."""

from typing import Any

from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.booking.bookings import BookingHeld
from tests.service.billing.conftest import Billing, about, refunded
from tests.support.eventually import eventually


async def test_a_charge_without_an_intent_is_none_of_ours(billing: Billing) -> None:
    held = await billing.hold()
    event = about(held, "ch_1", "charge.refunded", refunded=True, payment_intent=None)
    await billing.hear(event)
    assert await billing.stored(event) == ("ignored", "without_intent")


async def whole_refund(billing: Billing, held: BookingHeld) -> dict[str, Any]:
    """A person gives the whole deposit back in Stripe's dashboard."""
    form = {"payment_intent": await billing.intent(held)}
    made: dict[str, Any] = (await billing.customer.post("/v1/refunds", data=form)).json()
    return made


async def test_a_refund_made_in_the_dashboard_is_recorded_once(billing: Billing) -> None:
    held = await billing.paid()
    made = await whole_refund(billing, held)
    events = await billing.events(await billing.intent(held))
    assert {e.type for e in events} >= {"refund.created", "charge.refunded"}
    await billing.hear(*events, *reversed(events))
    refund = await billing.refund(held)
    assert (refund["stripe_refund_id"], refund["amount"]) == (made["id"], 2500)
    assert (await billing.types(held))[2:] == ["refund_issued", "refund_succeeded"]
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED


async def part_refunded(billing: Billing, held: BookingHeld, amount: int) -> str:
    """A person gives a part back in Stripe's dashboard (minor units); Stripe's id of the refund."""
    form = {"payment_intent": await billing.intent(held), "amount": str(amount)}
    response = await billing.customer.post("/v1/refunds", data=form)
    return str(response.json()["id"])


async def test_a_part_given_back_in_the_dashboard_is_kept_and_the_rest_is_what_is_owed(billing: Billing) -> None:
    held = await billing.paid()
    intent = await billing.intent(held)
    made = await part_refunded(billing, held, 1000)
    events = [e for e in await billing.events(intent) if "refund" in e.type]
    await billing.hear(*reversed(events), *events)
    assert {(await billing.stored(e))[0] for e in events} <= {"applied", "ignored"}
    payment = await billing.payment(held)
    assert (payment.status, payment.amount, payment.refunded_amount) == (PaymentStatus.PARTIALLY_REFUNDED, 2500, 1000)
    [(_, issued), (_, arrived)] = (await billing.announced(held))[2:]
    assert issued["amount"]["amount"] == arrived["amount"]["amount"] == 1000
    assert issued["payment"] == {"status": "partially_refunded", "refunded_amount": 1000, "sequence": 1}
    # What is left goes back when the booking is cancelled, and no more.
    owed = await billing.cancelled(held)
    assert owed is not None
    assert owed.amount.amount == 1500
    await billing.issue_refund(owed)
    await billing.hear(*await billing.events(intent))
    by_hand, ours = await billing.refunds(held)
    assert (by_hand["amount"], by_hand["stripe_refund_id"], ours["amount"]) == (1000, made, 1500)
    payment = await billing.payment(held)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, 2500)


async def test_a_part_told_before_the_payment_counts_as_paid(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    await billing.pay(intent)
    await part_refunded(billing, held, 1000)
    events = [e for e in await billing.events(intent) if "refund" in e.type]
    await billing.hear(*events)
    assert (await billing.types(held))[1:] == ["payment_succeeded", "refund_issued", "refund_succeeded"]
    await billing.hear(*await billing.events(intent))
    payment = await billing.payment(held)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.PARTIALLY_REFUNDED, 1000)


async def test_parts_that_make_up_the_whole_end_as_refunded(billing: Billing) -> None:
    held = await billing.paid()
    for amount in (1000, 1000, 500):
        await part_refunded(billing, held, amount)
    await billing.hear(*await billing.events(await billing.intent(held)))
    payment = await billing.payment(held)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, 2500)
    assert await billing.cancelled(held) is None


async def test_a_part_that_fails_afterwards_is_owed_again(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    await billing.pay(intent, "pm_card_refundFail")
    await part_refunded(billing, held, 1000)
    seen: list[int] = []

    async def given_up() -> bool:
        await billing.hear(*await billing.events(intent))
        payment = await billing.payment(held)
        seen.append(payment.refunded_amount)
        return payment.status == PaymentStatus.REFUND_FAILED

    await eventually(given_up)
    assert seen[-1] == 0
    owed = await billing.cancelled(held)
    assert owed is not None
    assert owed.amount.amount == 2500


async def test_a_refund_whose_money_did_not_arrive_is_told(billing: Billing) -> None:
    held = await billing.paid()
    intent = await billing.intent(held)
    made = await whole_refund(billing, held)
    issued = refunded(held, intent, "pending", refund=made["id"])
    failed = refunded(held, intent, "failed", refund=made["id"], failure_reason="lost_or_stolen_card")
    await billing.hear(issued, failed, failed)
    assert (await billing.types(held))[2:] == ["refund_issued", "refund_failed"]
    assert (await billing.refund(held))["failure_code"] == "lost_or_stolen_card"
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_FAILED
    late = refunded(held, intent, "succeeded", refund=made["id"])
    other = refunded(held, intent, "succeeded", refund="re_other")
    await billing.hear(late, other)
    assert await billing.stored(late) == ("ignored", "nothing_new")
    # A second one, made in the first one's stead.
    assert await billing.stored(other) == ("applied", None)
    assert sorted(row["status"] for row in await billing.refunds(held)) == ["failed", "succeeded"]
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED


async def test_an_old_endpoint_is_told_by_another_name(billing: Billing) -> None:
    """Endpoints made before October 2024 get `charge.refund.updated` and none of `refund.*`."""
    held = await billing.paid()
    intent = await billing.intent(held)
    made = await whole_refund(billing, held)
    pending = refunded(held, intent, "pending", refund=made["id"], type="charge.refund.updated")
    failed = refunded(held, intent, "failed", refund=made["id"], type="charge.refund.updated")
    await billing.hear(pending)
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_PENDING
    await billing.hear(failed)
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_FAILED
