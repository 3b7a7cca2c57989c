"""The fake Stripe's money: test cards, states of an intent, cancelling, refunds, and their events."""

import asyncio
from typing import Any

import pytest
import stripe

from tests.devstack.conftest import Client
from tests.support.eventually import eventually

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the library's use of httpx


async def happened(client: Client, object_id: str) -> list[str]:
    """The types of the events about an object and those that name it, oldest first."""
    answer = await client.http.get("/v1/events", params={"limit": 100})
    return [event["type"] for event in reversed(answer.json()["data"]) if object_id in str(event["data"]["object"])]


async def test_a_good_card_pays(client: Client) -> None:
    intent = await client.intent()

    paid = await client.intents.confirm_async(
        intent.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )

    assert (paid.status, paid.amount_received, paid.last_payment_error) == ("succeeded", 2500, None)
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.paid, charge.amount_captured, charge.metadata) == (True, 2500, intent.metadata)
    assert await happened(client, intent.id) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
async def test_a_declined_card_leaves_the_intent_to_another(
    client: Client, card: str, code: str, decline_code: str
) -> None:
    intent = await client.intent()

    with pytest.raises(stripe.CardError) as decline:
        await client.intents.confirm_async(intent.id, {"payment_method": card})

    error = decline.value.error
    assert error is not None
    assert error.payment_intent is not None
    assert (decline.value.http_status, error.type, error.code, error.decline_code) == (
        402,
        "card_error",
        code,
        decline_code,
    )
    after = await client.intents.retrieve_async(intent.id)
    assert error.payment_intent.to_dict() == after.to_dict()
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error is not None
    assert (after.last_payment_error.code, after.last_payment_error.charge) == (code, after.latest_charge)
    assert (await client.charges.retrieve_async(str(after.latest_charge))).status == "failed"
    assert (await happened(client, intent.id))[1:] == ["charge.failed", "payment_intent.payment_failed"]

    paid = await client.intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"})

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


async def test_a_decline_at_creation_still_makes_the_intent(client: Client) -> None:
    with pytest.raises(stripe.CardError) as decline:
        await client.paid("pm_card_chargeDeclined")

    assert decline.value.error is not None
    assert decline.value.error.payment_intent is not None
    made = await client.intents.retrieve_async(decline.value.error.payment_intent.id)
    assert made.status == "requires_payment_method"


@pytest.mark.parametrize(
    ("outcome", "status", "last_event"),
    [
        ("complete", "succeeded", "payment_intent.succeeded"),
        ("fail", "requires_payment_method", "payment_intent.payment_failed"),
    ],
)
async def test_a_card_that_asks_for_authentication(client: Client, outcome: str, status: str, last_event: str) -> None:
    intent = await client.intent()
    asked = await client.intents.confirm_async(
        intent.id, {"payment_method": "pm_card_authenticationRequired", "return_url": "https://example.com/back"}
    )
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.redirect_to_url is not None
    page = str(asked.next_action.redirect_to_url.url)
    assert "Complete authentication" in (await client.http.get(page)).text

    answer = await client.http.post(f"{page}/authentication", data={"outcome": outcome})

    after = await client.intents.retrieve_async(intent.id)
    assert (answer.status_code, after.status, after.next_action) == (303, status, None)
    assert (await happened(client, intent.id))[-1] == last_event
    assert "payment_intent.requires_action" in await happened(client, intent.id)


async def test_nobody_is_there_to_authenticate_off_session(client: Client) -> None:
    intent = await client.intent()

    with pytest.raises(stripe.CardError) as decline:
        await client.intents.confirm_async(
            intent.id, {"payment_method": "pm_card_authenticationRequired", "off_session": True}
        )

    assert decline.value.code == "authentication_required"


@pytest.mark.parametrize("state", ["requires_payment_method", "requires_confirmation", "requires_action"])
async def test_an_open_intent_is_cancelled(client: Client, state: str) -> None:
    made: dict[str, dict[str, Any]] = {
        "requires_payment_method": {},
        "requires_confirmation": {"payment_method": "pm_card_visa"},
        "requires_action": {"payment_method": "pm_card_authenticationRequired", "confirm": True},
    }
    intent = await client.intent(**made[state])
    assert intent.status == state

    cancelled = await client.intents.cancel_async(intent.id, {"cancellation_reason": "abandoned"})

    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    assert cancelled.canceled_at is not None
    assert (await happened(client, intent.id))[-1] == "payment_intent.canceled"


@pytest.mark.parametrize("end", ["succeeded", "canceled"])
async def test_an_intent_that_has_ended_stays_as_it_is(client: Client, end: str) -> None:
    intent = await (client.paid() if end == "succeeded" else client.intent())
    if end == "canceled":
        await client.intents.cancel_async(intent.id)

    for attempt in (
        client.intents.cancel_async(intent.id),
        client.intents.confirm_async(intent.id, {"payment_method": "pm_card_visa"}),
        client.intents.update_async(intent.id, {"amount": 100}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            await attempt
        assert (refusal.value.http_status, refusal.value.code) == (400, "payment_intent_unexpected_state")

    after = await client.intents.retrieve_async(intent.id)
    assert (after.status, after.amount) == (end, 2500)


async def test_an_intent_without_a_method_is_not_confirmed(client: Client) -> None:
    intent = await client.intent()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.intents.confirm_async(intent.id)

    assert refusal.value.code == "payment_intent_unexpected_state"


async def test_an_open_intent_is_changed(client: Client) -> None:
    intent = await client.intent()

    changed = await client.intents.update_async(intent.id, {"amount": 3000, "payment_method": "pm_card_visa"})

    assert (changed.amount, changed.status) == (3000, "requires_confirmation")


async def test_parts_are_refunded_until_nothing_is_left(client: Client) -> None:
    intent = await client.paid()
    part = await client.refunds.create_async(
        {"payment_intent": intent.id, "amount": 1000, "reason": "requested_by_customer", "metadata": {"cause": "late"}}
    )
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        await client.refunds.create_async({"payment_intent": intent.id, "amount": 1501})
    rest = await client.refunds.create_async({"charge": str(intent.latest_charge)})
    with pytest.raises(stripe.InvalidRequestError) as nothing_left:
        await client.refunds.create_async({"payment_intent": intent.id})

    assert (part.status, part.amount, part.metadata.to_dict()) == ("succeeded", 1000, {"cause": "late"})  # type: ignore[union-attr]
    assert (rest.amount, rest.payment_intent) == (1500, intent.id)
    assert too_much.value.param == "amount"
    assert nothing_left.value.code == "charge_already_refunded"
    charge = await client.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (2500, True)
    listed = await client.refunds.list_async({"payment_intent": intent.id})
    assert [refund.id for refund in listed.data] == [rest.id, part.id]
    assert (await happened(client, intent.id))[3:] == ["refund.created", "charge.refunded"] * 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "parameter_missing"),
        ({"payment_intent": "pi_none"}, "resource_missing"),
        ({"charge": "ch_none"}, "resource_missing"),
        ({"charge": "ch_none", "payment_intent": "pi_none"}, "parameters_exclusive"),
        ({"payment_intent": "pi_none", "reason": "because"}, None),
        ({"payment_intent": "pi_none", "reverse_transfer": True}, "parameter_not_simulated"),
    ],
)
async def test_a_refund_of_nothing_is_refused(client: Client, params: Any, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.refunds.create_async(params)

    assert refusal.value.code == code


async def test_an_unpaid_intent_has_nothing_to_refund(client: Client) -> None:
    intent = await client.intent()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.refunds.create_async({"payment_intent": intent.id})

    assert refusal.value.code == "charge_not_refundable"


async def test_parallel_refunds_give_back_no_more_than_was_paid(client: Client) -> None:
    intent = await client.paid()

    results = await asyncio.gather(
        *(client.refunds.create_async({"payment_intent": intent.id, "amount": 1000}) for _ in range(6)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, stripe.Refund) for result in results) == 2


async def test_a_refund_that_fails_later_is_taken_back(client: Client) -> None:
    intent = await client.paid("pm_card_refundFail")
    refund = await client.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "succeeded"

    async def failed() -> stripe.Refund | None:
        now = await client.refunds.retrieve_async(refund.id)
        return now if now.status == "failed" else None

    after = await eventually(failed)

    assert after is not None
    assert after.failure_reason == "expired_or_canceled_card"
    charge = await client.charges.retrieve_async(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert (await happened(client, refund.id))[-2:] == ["refund.failed", "refund.updated"]


async def test_a_refund_that_is_pending_succeeds_later(client: Client) -> None:
    intent = await client.paid("pm_card_pendingRefund")
    refund = await client.refunds.create_async({"payment_intent": intent.id})
    assert refund.status == "pending"

    async def succeeded() -> bool:
        return (await client.refunds.retrieve_async(refund.id)).status == "succeeded"

    await eventually(succeeded)

    assert await happened(client, refund.id) == ["refund.created", "refund.updated"]


async def test_an_event_keeps_the_object_as_it_was(client: Client) -> None:
    intent = await client.intent()
    await client.intents.confirm_async(
        intent.id, {"payment_method": "pm_card_visa"}, {"idempotency_key": f"confirm {intent.id}"}
    )
    listed = await client.events.list_async({"type": "payment_intent.*", "limit": 2})
    succeeded, created = listed.data

    assert (created.type, created.data.object["status"]) == ("payment_intent.created", "requires_payment_method")
    assert (succeeded.type, succeeded.data.object["status"]) == ("payment_intent.succeeded", "succeeded")
    assert succeeded.request is not None
    assert succeeded.request.idempotency_key == f"confirm {intent.id}"
    assert succeeded.api_version == stripe.api_version
    assert (await client.events.retrieve_async(created.id)).data.object == created.data.object
