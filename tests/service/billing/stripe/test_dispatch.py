"""Stripe's events: stored once, applied in any order, each settled by itself."""

import asyncio
import itertools
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from devstack.servers import Servers
from shared.contracts.billing.payments import PaymentStatus
from shared.contracts.stripe import StripeEvent
from tests.service.billing.conftest import Billing, about, counted, refunded

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


async def test_an_event_that_comes_before_its_payment_is_applied_with_it(billing: Billing, servers: Servers) -> None:
    """Stripe may be quicker than our commit: the intent exists, our row does not."""
    first = await billing.hold()
    intent = await billing.intent(first)
    early = about(first, intent, "payment_intent.succeeded")
    administrator = await asyncpg.connect(servers.postgres.url, database=urlsplit(billing.url).path[1:])
    assert (
        await administrator.execute("DELETE FROM billing.payments WHERE payment_intent_id = $1", intent) == "DELETE 1"
    )
    await administrator.close()
    await billing.hear(early)
    assert await billing.stored(early) == ("parked", None)
    again = first.model_copy(update={"id": uuid4()})
    await billing.request_deposit(again)
    assert await billing.intent(first) == intent
    assert (await billing.payment(first)).status == PaymentStatus.SUCCEEDED
    assert await billing.stored(early) == ("applied", None)
    assert await billing.types(first) == ["payment_requested", "payment_requested", "payment_succeeded"]


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
