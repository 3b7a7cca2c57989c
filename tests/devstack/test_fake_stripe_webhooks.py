"""The fake Stripe's webhooks: signed, tried again, listed, and wrong on demand; and its API's faults."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import stripe

from tests.devstack.conftest import WEBHOOK_SECRET, Client, FakeStripe, Receiver
from tests.support.eventually import eventually

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the library's use of httpx


async def received(receiver: Receiver, object_id: str, count: int) -> list[stripe.Event]:
    """At least `count` webhooks about an object."""

    async def enough() -> list[stripe.Event]:
        events = receiver.events(object_id)
        return events if len(events) >= count else []

    return await eventually(enough)


async def all_sent(client: Client) -> dict[str, int]:
    """The counts of webhooks, when none is pending any more."""

    async def settled() -> dict[str, int] | None:
        counts: dict[str, int] = (await client.summary())["webhooks"]
        return counts if counts["pending"] == 0 else None

    counts = await eventually(settled, within=20)
    assert counts is not None
    return counts


async def test_every_event_comes_signed(client: Client, receiver: Receiver) -> None:
    intent = await client.paid()

    events = await received(receiver, intent.id, 3)

    assert {event.type for event in events} == {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    }
    paid = next(event for event in events if event.type == "payment_intent.succeeded")
    assert paid.data.object == await client.intents.retrieve_async(intent.id)
    assert paid.pending_webhooks == 1
    assert {received.path for received in receiver.received} == {"/webhooks/stripe"}


async def test_the_signature_covers_the_body_and_the_secret(client: Client, receiver: Receiver) -> None:
    intent = await client.intent()
    await received(receiver, intent.id, 1)
    webhook = next(webhook for webhook in receiver.received if intent.id.encode() in webhook.body)

    for body, secret in ((webhook.body + b" ", WEBHOOK_SECRET), (webhook.body, "whsec_other")):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, webhook.signature, secret)


async def test_a_refused_webhook_comes_again(client: Client, receiver: Receiver) -> None:
    await all_sent(client)
    receiver.refusals[:] = [500, 302]
    intent = await client.intent()

    events = await received(receiver, intent.id, 3)

    assert len({event.id for event in events}) == 1
    await all_sent(client)
    assert len(receiver.events(intent.id)) == 3
    answer = await client.http.get(f"/v1/events/{events[0].id}")
    assert answer.json()["pending_webhooks"] == 0


async def test_events_are_listed_by_whether_they_were_delivered(client: Client, receiver: Receiver) -> None:
    await all_sent(client)
    await client.faults(webhooks={"drop_ratio": 1.0})
    lost = await client.intent()
    await client.faults(webhooks={"drop_ratio": 0.0})
    taken = await client.intent()
    await received(receiver, taken.id, 1)
    counts = await all_sent(client)

    undelivered = await client.events.list_async({"delivery_success": False, "limit": 100})
    delivered = await client.events.list_async({"delivery_success": True, "limit": 1})

    assert counts["failed"] == 1
    assert [event.data.object["id"] for event in undelivered.data] == [lost.id]
    assert [event.data.object["id"] for event in delivered.data] == [taken.id]
    assert receiver.events(lost.id) == []

    answer = await client.http.post(f"/_fake/events/{undelivered.data[0].id}/resend")

    assert answer.json()["deliveries"] == 1
    await received(receiver, lost.id, 1)
    await all_sent(client)
    assert (await client.events.list_async({"delivery_success": False})).data == []


async def test_duplicates_are_the_same_event(client: Client, receiver: Receiver) -> None:
    await client.faults(webhooks={"duplicate": 2})
    intent = await client.paid()

    events = await received(receiver, intent.id, 9)

    assert sorted(Counter(event.id for event in events).values()) == [3, 3, 3]


async def test_shuffled_webhooks_come_in_another_order(client: Client, receiver: Receiver) -> None:
    await client.faults(webhooks={"shuffle": True})
    made = [(await client.intent()).id for _ in range(12)]

    async def arrived() -> list[str]:
        ids = [event.data.object["id"] for received in receiver.received if (event := received.event)]
        return found if len(found := [found for found in ids if found in made]) >= 12 else []

    order = await eventually(arrived)

    assert sorted(order) == sorted(made)
    assert order != made


async def test_delayed_webhooks_come_late(client: Client, receiver: Receiver) -> None:
    await client.faults(webhooks={"delay_seconds": 0.7})
    started = asyncio.get_running_loop().time()
    intent = await client.intent()

    await received(receiver, intent.id, 1)

    assert asyncio.get_running_loop().time() - started >= 0.7


async def test_a_time_out_after_success_charges_once(client: Client) -> None:
    intent = await client.intent()
    await client.faults(api={"timeout_after_success": 1})
    options: Any = {"idempotency_key": f"pay {intent.id}"}
    confirm = client.intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"}, options)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(confirm, 0.5)

    again = await client.intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"}, options)

    assert again.status == "succeeded"
    assert again.last_response is not None
    assert again.last_response.headers["idempotent-replayed"] == "true"
    booking = intent.metadata["booking_id"]
    assert (await client.summary())["charges_succeeded_by_booking"][booking] == 1


async def test_a_500_has_no_effect_and_the_next_request_works(client: Client) -> None:
    before = (await client.summary())["intents"]
    await client.faults(api={"error_500": 1})

    with pytest.raises(stripe.APIError) as failure:
        await client.intent()

    assert failure.value.http_status == 500
    assert (await client.summary())["intents"] == before
    assert (await client.intent()).status == "requires_payment_method"


async def test_stripe_is_down(client: Client) -> None:
    await client.faults(api={"down": True})
    for request in (client.intent(), client.events.list_async()):
        with pytest.raises(stripe.APIError) as failure:
            await request
        assert failure.value.http_status == 503

    await client.http.delete("/_fake/faults")

    assert (await client.intent()).status == "requires_payment_method"


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"network": {}},
        {"api": {"slow": 1}},
        {"api": {"down": 1}},
        {"api": {"error_500": 1.5}},
        {"api": {"error_500": True}},
        {"webhooks": {"drop_ratio": 1.1}},
        {"webhooks": {"duplicate": -1}},
        {"webhooks": {"delay_seconds": "1"}},
        {"webhooks": []},
        {"webhooks": {"duplicate": 1}, "api": {"nothing": 1}},
    ],
)
async def test_unknown_faults_are_refused_whole(client: Client, wrong: Any) -> None:
    none = (await client.http.get("/_fake/faults")).json()

    answer = await client.http.post("/_fake/faults", json=wrong)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert (await client.http.get("/_fake/faults")).json() == none


async def test_the_summary_counts_by_booking(client: Client) -> None:
    intent = await client.paid()
    await client.refunds.create_async({"payment_intent": intent.id, "amount": 100})
    booking = intent.metadata["booking_id"]

    counts = await client.summary()

    assert counts["charges_succeeded_by_booking"][booking] == 1
    assert counts["refunds_by_booking"][booking] == 1
    assert counts["intents"]["succeeded"] >= 1
    assert (await all_sent(client))["sent"] >= 5


async def test_several_endpoints_each_get_every_event() -> None:
    first, second = Receiver(), Receiver()
    fake = FakeStripe([f"{first.url}/a", f"{second.url}/b"])
    client = Client(fake.url)
    second.refusals[:] = [503]
    intent = await client.intent()

    await received(first, intent.id, 1)
    await received(second, intent.id, 2)

    assert (await all_sent(client))["sent"] == 2
    await client.close()
    fake.stop()
    first.close()
    second.close()
