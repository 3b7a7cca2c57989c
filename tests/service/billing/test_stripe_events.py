"""Stripe's events: stored once, applied in any order, believed only where they agree with our books."""

import asyncio
import itertools
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.booking.bookings import BookingHeld
from shared.contracts.stripe import StripeEvent
from tests.service.billing.conftest import Billing, about, refunded


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("webhook_events_total", {"result": result}) or 0.0


async def test_a_paid_deposit_is_told_once_within_its_chain(billing: Billing) -> None:
    held = await billing.paid()
    assert (await billing.payment(held)).status == PaymentStatus.SUCCEEDED
    assert await billing.types(held) == ["payment_requested", "payment_succeeded"]
    _, body = (await billing.announced(held))[-1]
    assert body["correlation_id"] == str(held.correlation_id)


async def test_a_declined_card_leaves_the_payment_open(billing: Billing) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    assert (await billing.pay(intent, "pm_card_chargeDeclinedInsufficientFunds")).status_code == 402
    await billing.hear(*await billing.events(intent))
    payment = await billing.payment(held)
    assert (payment.status, payment.failure_code) == (PaymentStatus.FAILED, "insufficient_funds")
    assert payment.client_secret is not None
    await billing.pay(intent)
    await billing.hear(*await billing.events(intent))
    assert await billing.types(held) == ["payment_requested", "payment_failed", "payment_succeeded"]
    assert (await billing.payment(held)).failure_code is None


ORDERS = list(itertools.permutations(range(3)))


@pytest.mark.parametrize("together", [False, True], ids=["one-by-one", "in-a-batch"])
@pytest.mark.parametrize("order", ORDERS, ids=str)
async def test_every_order_three_times_over_ends_alike(
    billing: Billing, order: tuple[int, ...], together: bool
) -> None:
    held = await billing.hold()
    intent = await billing.intent(held)
    events = [
        about(held, intent, "payment_intent.payment_failed", last_payment_error={"code": "card_declined"}),
        about(held, intent, "payment_intent.succeeded"),
        refunded(held, intent, "succeeded", refund=f"re_{uuid4().hex}"),
    ]
    hear = billing.hear_at_once if together else billing.hear
    for _ in range(3):
        await hear(*(events[i] for i in order))
    assert (await billing.payment(held)).status == PaymentStatus.REFUNDED
    refund = await billing.refund(held)
    assert (refund["status"], refund["amount"]) == ("succeeded", 2500)
    told = await billing.types(held)
    assert (told.count("payment_succeeded"), told.count("refund_issued")) == (1, 1)
    assert [(await billing.stored(e))[0] for e in events].count("applied") >= 1


async def test_a_batch_settles_each_event_by_itself(billing: Billing) -> None:
    holds = [await billing.hold() for _ in range(3)]
    intents = [await billing.intent(held) for held in holds]
    paid = [about(h, intent, "payment_intent.succeeded") for h, intent in zip(holds, intents, strict=True)]
    wrong = about(holds[0], intents[0], "payment_intent.succeeded", currency="usd")
    unknown = about(holds[0], f"pi_{uuid4().hex}", "payment_intent.succeeded")
    await billing.hear_at_once(wrong, *paid, unknown, paid[1])
    assert [(await billing.payment(held)).status for held in holds] == [PaymentStatus.SUCCEEDED] * 3
    states = [(await billing.stored(event))[0] for event in (wrong, *paid, unknown)]
    assert states == ["quarantined", "applied", "applied", "applied", "parked"]
    assert [await billing.types(held) for held in holds] == [["payment_requested", "payment_succeeded"]] * 3


async def test_batches_about_the_same_payments_wait_for_each_other(billing: Billing) -> None:
    holds = [await billing.hold() for _ in range(8)]
    events = [[about(held, await billing.intent(held), "payment_intent.succeeded") for held in holds] for _ in range(4)]
    await asyncio.gather(*(billing.hear_at_once(*(batch[::-1] if n % 2 else batch)) for n, batch in enumerate(events)))
    told = [(await billing.types(held)).count("payment_succeeded") for held in holds]
    assert told == [1] * 8


@pytest.mark.parametrize("together", [False, True], ids=["one-by-one", "in-a-batch"])
async def test_a_repeated_event_is_counted_as_ignored(billing: Billing, together: bool) -> None:
    held = await billing.hold()
    event = about(held, await billing.intent(held), "payment_intent.succeeded")
    before = counted("processed"), counted("ignored"), counted("error")
    await (billing.hear_at_once if together else billing.hear)(event, event, event)
    assert (counted("processed"), counted("ignored"), counted("error")) == (before[0] + 1, before[1] + 2, before[2])


async def test_an_event_that_comes_before_its_payment_is_applied_with_it(billing: Billing) -> None:
    """Stripe may be quicker than our commit: the intent exists, our row does not."""
    first = await billing.hold()
    intent = await billing.intent(first)
    early = about(first, intent, "payment_intent.succeeded")
    await billing.rows("DELETE FROM payments WHERE payment_intent_id = :intent RETURNING id", intent=intent)
    await billing.hear(early)
    assert await billing.stored(early) == ("parked", None)
    again = first.model_copy(update={"id": uuid4()})
    await billing.request_deposit(again)
    assert await billing.intent(first) == intent
    assert (await billing.payment(first)).status == PaymentStatus.SUCCEEDED
    assert await billing.stored(early) == ("applied", None)
    assert await billing.types(first) == ["payment_requested", "payment_requested", "payment_succeeded"]


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "amount": ("amount_mismatch", {"amount": 2400, "amount_received": 2400}),
    "received": ("amount_mismatch", {"amount_received": 100}),
    "currency": ("currency_mismatch", {"currency": "usd"}),
    "booking": ("booking_id_mismatch", {"metadata": {"booking_id": str(uuid4())}}),
    "no booking": ("tenant_id_mismatch", {"metadata": {}}),
    "malformed": ("malformed", {"amount": "2500"}),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_an_event_that_disagrees_with_our_books_moves_nothing(billing: Billing, wrong: str) -> None:
    held = await billing.hold()
    reason, changes = WRONG[wrong]
    if wrong == "booking":
        changes = {"metadata": {"tenant_id": str(held.tenant_id), "booking_id": str(uuid4())}}
    before = counted("error")
    event = about(held, await billing.intent(held), "payment_intent.succeeded", **changes)
    await billing.hear(event)
    assert await billing.stored(event) == ("quarantined", reason)
    assert counted("error") == before + 1
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED
    assert await billing.types(held) == ["payment_requested"]


async def test_metadata_alone_pays_nothing(billing: Billing) -> None:
    """Whoever can make an intent in the same account can write our booking's id into it."""
    held = await billing.hold()
    forged = about(held, "pi_somebody_elses", "payment_intent.succeeded")
    await billing.hear(forged)
    assert await billing.stored(forged) == ("parked", None)
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"livemode": True}, ("quarantined", "livemode")),
        ({"account": "acct_other"}, ("quarantined", "unknown_account")),
        ({"type": "payment_intent.created"}, ("ignored", "type")),
        ({"type": "customer.created", "data": {}}, ("ignored", "type")),
    ],
)
async def test_what_is_not_ours_to_act_on(billing: Billing, changes: dict[str, Any], outcome: tuple[str, str]) -> None:
    held = await billing.hold()
    event = about(held, await billing.intent(held), "payment_intent.succeeded")
    changed = StripeEvent.model_validate(event.model_dump() | changes)
    await billing.hear(changed)
    assert await billing.stored(changed) == outcome
    assert (await billing.payment(held)).status == PaymentStatus.REQUESTED


async def test_a_charge_without_an_intent_is_none_of_ours(billing: Billing) -> None:
    held = await billing.hold()
    event = about(held, "ch_1", "charge.refunded", refunded=True, payment_intent=None)
    await billing.hear(event)
    assert await billing.stored(event) == ("ignored", "without_intent")


async def test_the_raw_event_and_its_version_are_kept(billing: Billing) -> None:
    held = await billing.hold()
    event = about(held, await billing.intent(held), "payment_intent.succeeded", unread={"by": ["us", "\u0000"]})
    await billing.hear(event)
    sql = "SELECT api_version, payload::text AS payload FROM stripe_events WHERE event_id = :id"
    [row] = await billing.rows(sql, id=event.id)
    assert row["api_version"] == "2026-10-28"
    assert StripeEvent.model_validate_json(row["payload"]) == event


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
    assert (await billing.types(held))[2:] == ["refund_issued"]
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
    late = refunded(held, intent, "succeeded", refund=made["id"])
    other = refunded(held, intent, "succeeded", refund="re_other")
    await billing.hear(late, other)
    assert await billing.stored(late) == ("ignored", "nothing_new")
    assert await billing.stored(other) == ("quarantined", "second_refund")
    assert (await billing.refund(held))["status"] == "failed"
