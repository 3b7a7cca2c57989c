"""The fake Stripe's API, asked with the official library: shapes, strictness, idempotency, lists."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.devstack.conftest import Client

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the library's use of httpx

# Field names only, taken from the examples that Stripe publishes with its API description.
FIELDS: dict[str, list[str]] = json.loads((Path(__file__).parent / "stripe_fields.json").read_text())


def missing_fields(found: Any, name: str) -> dict[str, set[str]]:
    """What Stripe's example of `name` has and `found` lacks, by path."""
    lacking = {}
    for path, fields in FIELDS.items():
        kind, *steps = path.split(".")
        if kind != name:
            continue
        at = found
        for step in steps:
            at = at[step]
        if absent := set(fields) - set(at):
            lacking[path] = absent
    return lacking


async def raw(client: Client, path: str, **params: str) -> Any:
    """An answer as JSON, past the library's objects."""
    return (await client.http.get(path, params=params)).json()


async def test_objects_have_the_fields_of_stripes_examples(client: Client) -> None:
    intent = await client.paid()
    refund = await client.refunds.create_async({"payment_intent": intent.id})
    customer = await client.customers.create_async({"email": "ada@example.com"})
    events = await raw(client, "/v1/events")
    whole = await raw(
        client, f"/v1/payment_intents/{intent.id}", **{"expand[]": "latest_charge", "expand[1]": "payment_method"}
    )

    assert missing_fields(events, "list") == {}
    assert missing_fields(events["data"][0], "event") == {}
    assert missing_fields(whole, "payment_intent") == {}
    assert missing_fields(whole["latest_charge"], "charge") == {}
    assert missing_fields(whole["payment_method"], "payment_method") == {}
    assert missing_fields(await raw(client, f"/v1/refunds/{refund.id}"), "refund") == {}
    assert missing_fields(await raw(client, f"/v1/customers/{customer.id}"), "customer") == {}
    assert missing_fields((await raw(client, "/v1/nothing"))["error"], "error") == {}


async def test_a_new_intent_says_what_was_asked(client: Client) -> None:
    customer = await client.customers.create_async({"name": "Ada", "metadata": {"tenant_id": "t1"}})
    intent = await client.intents.create_async(
        {
            "amount": 1999,
            "currency": "usd",
            "customer": customer.id,
            "description": "Deposit",
            "metadata": {"booking_id": "b1", "note": "a & b = ü"},
        },
        {"stripe_version": "2026-10-28.endive"},
    )

    assert (intent.amount, intent.currency, intent.status) == (1999, "usd", "requires_payment_method")
    assert (intent.customer, intent.description, intent.livemode) == (customer.id, "Deposit", False)
    assert intent.metadata.to_dict() == {"booking_id": "b1", "note": "a & b = ü"}
    assert intent.client_secret
    assert intent.client_secret.startswith(f"{intent.id}_secret_")
    assert intent.last_response is not None
    assert intent.last_response.headers["request-id"].startswith("req_")
    assert intent.last_response.headers["stripe-version"] == "2026-10-28.endive"
    assert (await client.intents.retrieve_async(intent.id)) == intent


REFUSED: list[tuple[dict[str, Any], str | None, str]] = [
    ({"foo": "1"}, "parameter_unknown", "foo"),
    ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
    ({"automatic_payment_methods": {"enabled": True, "foo": 1}}, "parameter_unknown", "automatic_payment_methods[foo]"),
    (
        {"automatic_payment_methods": {"allow_redirects": "never"}},
        "parameter_missing",
        "automatic_payment_methods[enabled]",
    ),
    ({"automatic_payment_methods": {"enabled": "yes"}}, None, "automatic_payment_methods[enabled]"),
    ({"on_behalf_of": "acct_1"}, "parameter_not_simulated", "on_behalf_of"),
    ({"amount": None}, "parameter_missing", "amount"),
    ({"currency": None}, "parameter_missing", "currency"),
    ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
    ({"amount": "9" * 5000}, "parameter_invalid_integer", "amount"),
    ({"amount": -1}, "parameter_invalid_integer", "amount"),
    ({"amount": 49}, "amount_too_small", "amount"),
    ({"amount": 12345, "currency": "kwd"}, "parameter_invalid_integer", "amount"),
    ({"amount": 150, "currency": "isk"}, "parameter_invalid_integer", "amount"),
    ({"amount": 17499, "currency": "huf"}, "amount_too_small", "amount"),
    ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
    ({"amount": 100_000_000}, "amount_too_large", "amount"),
    ({"currency": "zzz"}, None, "currency"),
    ({"capture_method": "later"}, None, "capture_method"),
    ({"capture_method": "manual"}, None, "capture_method"),
    ({"description": ""}, "parameter_invalid_empty", "description"),
    ({"description": {"a": "b"}}, None, "description"),
    ({"metadata": "text"}, None, "metadata"),
    ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
    ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    ({"metadata": {f"k{i}": "v" for i in range(51)}}, None, "metadata"),
    ({"receipt_email": "nobody"}, "email_invalid", "receipt_email"),
    ({"customer": "cus_none"}, "resource_missing", "customer"),
    ({"payment_method": "pm_none"}, "resource_missing", "payment_method"),
    ({"return_url": "https://example.com"}, None, "return_url"),
    ({"confirm": True}, "parameter_missing", "payment_method"),
    (
        {"confirm": True, "payment_method": "pm_card_visa", "automatic_payment_methods": {"enabled": True}},
        None,
        "return_url",
    ),
    ({"expand": ["nothing"]}, None, "expand"),
]


@pytest.mark.parametrize(("params", "code", "param"), REFUSED)
async def test_wrong_parameters_are_refused_and_nothing_is_made(
    client: Client, params: dict[str, Any], code: str | None, param: str
) -> None:
    before = await client.summary()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        await client.intent(**params)

    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)
    assert await client.summary() == before


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/payment_intents/pi_none", "resource_missing"),
        ("POST", "/v1/payment_intents/pi_none/confirm", "resource_missing"),
        ("GET", "/v1/charges/ch_none", "resource_missing"),
        ("GET", "/v1/refunds/re_none", "resource_missing"),
        ("GET", "/v1/events/evt_none", "resource_missing"),
        ("GET", "/v1/customers/cus_none", "resource_missing"),
        ("GET", "/v1/subscriptions", None),
        ("DELETE", "/v1/payment_intents", None),
    ],
)
async def test_what_is_not_there_is_404(client: Client, method: str, path: str, code: str | None) -> None:
    answer = await client.http.request(method, path)

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"].get("code") == code


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "created[foo]=1", "starting_after=pi_none", "a[b=1"]
)
async def test_wrong_queries_are_refused(client: Client, query: str) -> None:
    answer = await client.http.get(f"/v1/payment_intents?{query}")

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer sk_live_abc"}, 401),
        ({"Authorization": "Bearer pk_test_abc"}, 401),
        ({"Authorization": "Basic !"}, 401),
        ({"Authorization": "Bearer sk_test_abc", "Stripe-Account": "acct_1"}, 403),
        ({"Authorization": "Bearer sk_test_abc", "Stripe-Version": "newest"}, 400),
        ({"Authorization": "Bearer sk_test_abc"}, 200),
        ({"Authorization": "Basic c2tfdGVzdF9hYmM6"}, 200),
    ],
)
async def test_keys_accounts_and_versions(client: Client, headers: dict[str, str], status: int) -> None:
    url = client.http.base_url.join("/v1/events")
    request = client.http.build_request("GET", url, headers=headers)

    answer = await client.http.send(request, auth=None)

    assert answer.status_code == status
    assert answer.headers["request-id"].startswith("req_")
    assert ("error" in answer.json()) == (status != 200)


async def test_a_json_body_is_refused(client: Client) -> None:
    answer = await client.http.post("/v1/payment_intents", json={"amount": 100, "currency": "eur"})

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_metadata_is_merged_and_empty_values_unset(client: Client) -> None:
    intent = await client.intent(metadata={"a": "1", "b": "2"})

    changed = await client.intents.update_async(intent.id, {"metadata": {"b": "", "c": "3"}})
    cleared = await client.intents.update_async(intent.id, {"metadata": ""})

    assert changed.metadata.to_dict() == {"a": "1", "c": "3"}
    assert cleared.metadata.to_dict() == {}


async def test_the_same_key_gets_the_same_answer_once_made(client: Client) -> None:
    params: Any = {"amount": 900, "currency": "eur", "metadata": {"booking_id": "replayed"}}

    first = await client.intents.create_async(params, {"idempotency_key": "replayed"})
    again = await client.intents.create_async(params, {"idempotency_key": "replayed"})

    assert again == first
    assert first.last_response is not None
    assert again.last_response is not None
    assert "idempotent-replayed" not in first.last_response.headers
    assert again.last_response.headers["idempotent-replayed"] == "true"
    assert again.last_response.body == first.last_response.body
    assert again.last_response.headers["original-request"] == first.last_response.headers["request-id"]


async def test_the_same_key_with_another_request_is_refused(client: Client) -> None:
    await client.intents.create_async({"amount": 900, "currency": "eur"}, {"idempotency_key": "once"})

    with pytest.raises(stripe.IdempotencyError) as other_amount:
        await client.intents.create_async({"amount": 901, "currency": "eur"}, {"idempotency_key": "once"})
    with pytest.raises(stripe.IdempotencyError):
        await client.customers.create_async({}, {"idempotency_key": "once"})

    assert other_amount.value.http_status == 400


async def test_a_key_in_use_is_409_and_makes_one_intent(client: Client) -> None:
    await client.faults(api={"slow_seconds": 0.5})
    params: Any = {"amount": 900, "currency": "eur"}

    results = await asyncio.gather(
        *(client.intents.create_async(params, {"idempotency_key": "racing"}) for _ in range(5)),
        return_exceptions=True,
    )

    made = [result for result in results if isinstance(result, stripe.PaymentIntent)]
    refused = [result for result in results if isinstance(result, stripe.APIError)]
    assert (len(made), len(refused)) == (1, 4)
    assert {(refusal.http_status, refusal.error and refusal.error.code) for refusal in refused} == {
        (409, "idempotency_key_in_use")
    }


async def test_refused_parameters_do_not_use_up_the_key(client: Client) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await client.intents.create_async({"amount": 1, "currency": "eur"}, {"idempotency_key": "second try"})

    made = await client.intents.create_async({"amount": 100, "currency": "eur"}, {"idempotency_key": "second try"})

    assert made.amount == 100


async def test_a_500_and_a_decline_are_kept_under_their_keys(client: Client) -> None:
    intent = await client.intent()
    await client.faults(api={"error_500": 1})
    with pytest.raises(stripe.APIError) as failure:
        await client.intents.create_async({"amount": 100, "currency": "eur"}, {"idempotency_key": "failed"})
    with pytest.raises(stripe.APIError) as replayed:
        await client.intents.create_async({"amount": 100, "currency": "eur"}, {"idempotency_key": "failed"})
    for _ in range(2):
        with pytest.raises(stripe.CardError) as decline:
            await client.intents.confirm_async(
                intent.id, {"payment_method": "pm_card_chargeDeclined"}, {"idempotency_key": "declined"}
            )

    assert failure.value.http_status == replayed.value.http_status == 500
    for refusal in (replayed.value, decline.value):
        assert refusal.headers
        assert refusal.headers["idempotent-replayed"] == "true"
    failed = await client.events.list_async({"type": "charge.failed", "limit": 100})
    assert len([event for event in failed.data if event.data.object["payment_intent"] == intent.id]) == 1


async def test_lists_are_newest_first_and_paged(client: Client) -> None:
    customer = await client.customers.create_async({})
    made = [(await client.intent(customer=customer.id)).id for _ in range(5)]

    first = await client.intents.list_async({"customer": customer.id, "limit": 2})
    rest = await client.intents.list_async({"customer": customer.id, "limit": 3, "starting_after": first.data[-1].id})
    before = await client.intents.list_async({"customer": customer.id, "limit": 2, "ending_before": rest.data[0].id})
    walked = [intent.id async for intent in first.auto_paging_iter()]

    assert ([intent.id for intent in first.data], first.has_more) == (made[:2:-1], True)
    assert ([intent.id for intent in rest.data], rest.has_more) == (made[2::-1], False)
    assert before.data == first.data
    assert walked == made[::-1]


async def test_twenty_types_of_events_are_listed_at_once_and_no_more(client: Client) -> None:
    twenty = ["payment_intent.created", *(f"invented.{n}" for n in range(19))]
    intent = await client.intent()
    listed = await client.events.list_async({"types": twenty, "limit": 100})
    assert intent.id in {event.data.object["id"] for event in listed.data}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await client.events.list_async({"types": [*twenty, "invented.20"]})
    assert (refused.value.http_status, refused.value.param) == (400, "types")


async def test_lists_filter_by_time(client: Client) -> None:
    intent = await client.intent()
    created = intent.created

    at = await client.intents.list_async({"created": created, "limit": 100})
    since = await client.intents.list_async({"created": {"gte": created, "lt": created + 1}, "limit": 100})
    after = await client.intents.list_async({"created": {"gt": created + 3600}})

    assert intent.id in [found.id for found in at.data]
    assert {found.created for found in at.data} == {found.created for found in since.data} == {created}
    assert after.data == []


async def test_ids_are_expanded_in_place(client: Client) -> None:
    intent = await client.paid()
    refund = await client.refunds.create_async({"payment_intent": intent.id, "amount": 100, "expand": ["charge"]})
    charge = await client.charges.retrieve_async(str(intent.latest_charge), {"expand": ["refunds", "payment_intent"]})
    listed = await client.intents.list_async({"limit": 1, "expand": ["data.latest_charge.payment_intent"]})

    assert isinstance(refund.charge, stripe.Charge)
    assert refund.charge.amount_refunded == 100
    assert charge.refunds is not None
    assert [found.id for found in charge.refunds.data] == [refund.id]
    assert isinstance(charge.payment_intent, stripe.PaymentIntent)
    assert listed.data[0].latest_charge.payment_intent.id == intent.id  # type: ignore[union-attr]


async def test_a_payment_method_can_be_used_again(client: Client) -> None:
    first = await client.paid()

    second = await client.intent(payment_method=str(first.payment_method))
    confirmed = await client.intents.confirm_async(second.id)

    assert (second.status, confirmed.status) == ("requires_confirmation", "succeeded")
