"""Giving a deposit back: owed once, asked for once, told once."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.billing.refunds import RefundReason, RefundRequested
from shared.contracts.booking.bookings import BookingCancelled, BookingHeld, BookingStatus, LatePaymentRefused
from shared.errors import AlreadyHandled, Unavailable
from tests.service.billing.conftest import Billing, news, reasons
from tests.support.eventually import eventually


async def owed(billing: Billing, held: BookingHeld) -> RefundRequested:
    refund = await billing.cancelled(held)
    assert refund is not None
    return refund


async def test_a_cancelled_booking_is_paid_back_in_full(billing: Billing) -> None:
    held = await billing.paid()
    refund = await owed(billing, held)
    assert (refund.amount.amount, refund.reason) == (2500, RefundReason.CANCELLED)
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_PENDING
    await billing.issue_refund(refund)
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED
    assert (await billing.refund(held))["status"] == "succeeded"
    await billing.hear(*await billing.events(await billing.intent(held)))
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_issued", "refund_succeeded"]
    assert await billing.summary(held, "refunds") == 1


async def test_every_reason_together_gives_one_refund(billing: Billing) -> None:
    held = await billing.paid()
    payment = await billing.payment(held)
    cancelled = held.booking.model_copy(update={"status": BookingStatus.CANCELLED})
    late = news(LatePaymentRefused, cancelled, tenant_id=held.tenant_id, payment_id=payment.id)
    again = news(BookingCancelled, cancelled, tenant_id=held.tenant_id)
    await billing.request_refund(late)
    with pytest.raises(AlreadyHandled):
        await billing.request_refund(late)
    refund = await owed(billing, held)
    await billing.issue_refund(refund)
    await billing.request_refund(again)
    assert reasons(await billing.announced(held)) == [RefundReason.LATE_PAYMENT] * 3
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_issued", "refund_succeeded"]


async def test_an_unpaid_deposit_owes_nothing(billing: Billing) -> None:
    held = await billing.hold()
    assert await billing.cancelled(held) is None


async def test_stripes_news_before_our_commit_is_told_once(billing: Billing) -> None:
    """The webhook may be quicker than the transaction that follows the call."""
    held = await billing.paid()
    refund = await owed(billing, held)
    intent = await billing.intent(held)
    metadata = {"tenant_id": str(held.tenant_id), "refund_id": str(refund.refund_id)}
    await billing.stripe.refund(f"refund:{refund.refund_id}", intent, metadata | {"booking_id": str(held.booking.id)})
    await billing.hear(*await billing.events(intent))
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED
    await billing.issue_refund(refund)
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_issued", "refund_succeeded"]
    assert await billing.summary(held, "refunds") == 1


@pytest.mark.parametrize("fault", ["timeout_after_success", "error_500"])
async def test_a_fault_at_stripe_gives_one_refund(billing: Billing, fault: str) -> None:
    held = await billing.paid()
    refund = await owed(billing, held)
    await billing.faults(**{fault: 1})
    await billing.issue_refund(refund)
    assert await billing.summary(held, "refunds") == 1
    assert (await billing.types(held))[-1] == "refund_succeeded"


async def test_stripe_being_down_is_waited_for(billing: Billing) -> None:
    held = await billing.paid()
    refund = await owed(billing, held)
    await billing.faults(down=True)
    with pytest.raises(Unavailable):
        await billing.issue_refund(refund)
    await billing.faults(down=False)
    await billing.issue_refund(refund)
    assert await billing.summary(held, "refunds") == 1


async def test_what_a_person_has_given_back_already_counts_as_issued(billing: Billing) -> None:
    held = await billing.paid()
    refund = await owed(billing, held)
    form = {"payment_intent": await billing.intent(held)}
    made: dict[str, Any] = (await billing.customer.post("/v1/refunds", data=form)).json()
    await billing.issue_refund(refund)
    await billing.hear(*await billing.events(await billing.intent(held)))
    by_hand, ours = await billing.refunds(held)
    assert (by_hand["stripe_refund_id"], by_hand["status"]) == (made["id"], "succeeded")
    assert (ours["id"], ours["status"], ours["stripe_refund_id"]) == (refund.refund_id, "not_needed", None)
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_issued", "refund_succeeded"]
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED


async def test_several_parts_given_back_by_hand_leave_nothing_for_ours(billing: Billing) -> None:
    """Made between the cancellation and our asking; none of their webhooks has come."""
    held = await billing.paid()
    refund = await owed(billing, held)
    intent = await billing.intent(held)
    for amount in ("1000", "1500"):
        await billing.customer.post("/v1/refunds", data={"payment_intent": intent, "amount": amount})
    await billing.issue_refund(refund)
    payment = await billing.payment(held)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, 2500)
    told = await billing.types(held)
    await billing.hear(*await billing.events(intent))
    assert await billing.types(held) == told
    assert told.count("refund_issued") == told.count("refund_succeeded") == 2


async def test_a_refusal_is_told_and_not_tried_again(billing: Billing) -> None:
    held = await billing.paid()
    refund = await owed(billing, held)
    unpaid = await billing.intent(await billing.hold())
    elsewhere = refund.model_copy(update={"payment_intent_id": unpaid})
    await billing.issue_refund(elsewhere)
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_failed"]
    assert (await billing.refund(held))["status"] == "refused"
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_FAILED
    with pytest.raises(AlreadyHandled):
        await billing.issue_refund(elsewhere)
    await billing.issue_refund(elsewhere.model_copy(update={"id": uuid4()}))
    assert (await billing.types(held))[2:] == ["refund_requested", "refund_failed"]
    # A person may still give the money back in the dashboard.
    await billing.customer.post("/v1/refunds", data={"payment_intent": await billing.intent(held)})
    await billing.hear(*await billing.events(await billing.intent(held)))
    assert [row["status"] for row in await billing.refunds(held)] == ["succeeded", "refused"]
    assert (await billing.types(held))[-1] == "refund_succeeded"
    payment = await billing.payment(held)
    assert (payment.status, payment.refunded_amount) == (PaymentStatus.REFUNDED, 2500)
    refused, *_, made = [body["payment"] for kind, body in await billing.announced(held) if "refund_" in kind][1:]
    assert (refused["status"], made["status"]) == ("refund_failed", "refunded")
    assert refused["sequence"] < made["sequence"]


async def test_a_refund_that_fails_later_is_told(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    await billing.pay(intent, "pm_card_refundFail")
    await billing.hear(*await billing.events(intent))
    await billing.issue_refund(await owed(billing, held))

    async def failed() -> bool:
        await billing.hear(*await billing.events(intent))
        return bool((await billing.refund(held))["status"] == "failed")

    await eventually(failed)
    told = await billing.types(held)
    assert told[2:] == ["refund_requested", "refund_issued", "refund_succeeded", "refund_failed"]
    assert (await billing.payment(held)).status == PaymentStatus.REFUND_FAILED
