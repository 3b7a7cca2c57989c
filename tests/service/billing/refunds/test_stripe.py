"""What Stripe tells about money that goes back: of refunds of ours, and of those made in its dashboard."""

from typing import Any

from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.booking.bookings import BookingHeld
from tests.service.billing.conftest import Billing, about, refunded


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


async def test_a_part_given_back_in_the_dashboard_is_for_a_person_to_look_at(billing: Billing) -> None:
    held = await billing.paid()
    intent = await billing.intent(held)
    await billing.customer.post("/v1/refunds", data={"payment_intent": intent, "amount": "1000"})
    events = [e for e in await billing.events(intent) if "refund" in e.type]
    await billing.hear(*events)
    assert {await billing.stored(e) for e in events} == {("quarantined", "partial_refund")}
    assert (await billing.payment(held)).status == PaymentStatus.SUCCEEDED
    # What is left goes back when the booking is cancelled.
    owed = await billing.cancelled(held)
    assert owed is not None
    await billing.issue_refund(owed)
    assert (await billing.refund(held))["amount"] == 1500


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
    assert await billing.stored(other) == ("quarantined", "second_refund")
    assert (await billing.refund(held))["status"] == "failed"


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
