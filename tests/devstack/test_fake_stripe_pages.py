"""The fake Stripe's pages, as a browser without JavaScript uses them."""

import re

import pytest

from tests.devstack.conftest import Client

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # the library's use of httpx


async def test_a_person_pays_by_booking(client: Client) -> None:
    intent = await client.intent(description="Deposit for <b>windows</b>", metadata={"booking_id": "page-1"})

    found = await client.http.get("/pay/booking/page-1")
    page = await client.http.get(found.headers["location"])

    assert (found.status_code, found.headers["location"]) == (303, f"/pay/{intent.id}")
    assert "€25.00" in page.text
    assert "Deposit for &lt;b&gt;windows&lt;/b&gt;" in page.text
    (number,) = re.findall(r'name="card_number" value="([0-9 ]+)"', page.text)
    assert number == "4242 4242 4242 4242"

    paid = await client.http.post(found.headers["location"], data={"card_number": number})

    assert (paid.status_code, paid.headers["location"]) == (303, f"/pay/{intent.id}")
    assert "Visa ending in 4242" in (await client.http.get(paid.headers["location"])).text
    assert (await client.intents.retrieve_async(intent.id)).status == "succeeded"


async def test_the_newest_intent_of_a_booking_is_paid(client: Client) -> None:
    await client.intent(metadata={"booking_id": "page-2"})
    newest = await client.intent(metadata={"booking_id": "page-2"})

    found = await client.http.get("/pay/booking/page-2")

    assert found.headers["location"] == f"/pay/{newest.id}"


async def test_a_booking_without_an_intent_waits(client: Client) -> None:
    page = await client.http.get("/pay/booking/none")

    assert page.status_code == 202
    assert '<meta http-equiv="refresh"' in page.text


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        ("4242424242424242", "succeeded", "Paid"),
        ("4000-0000-0000-0002", "requires_payment_method", "The card was declined."),
        ("4000000000009995", "requires_payment_method", "insufficient funds"),
        ("4000 0025 0000 3155", "requires_action", "Complete authentication"),
    ],
)
async def test_each_test_card_has_its_button(client: Client, number: str, status: str, words: str) -> None:
    intent = await client.intent()
    page = await client.http.get(f"/pay/{intent.id}")
    digits = re.sub(r"\D", "", number)
    assert f'name="card" value="{digits}"' in page.text

    answer = await client.http.post(f"/pay/{intent.id}", data={"card": number})

    assert answer.status_code == 303
    assert words in (await client.http.get(answer.headers["location"])).text
    assert (await client.intents.retrieve_async(intent.id)).status == status


async def test_a_number_that_is_no_test_card_is_refused(client: Client) -> None:
    intent = await client.intent()

    answer = await client.http.post(f"/pay/{intent.id}", data={"card_number": '1234"><script>'})

    assert answer.status_code == 422
    assert "not a test card" in answer.text
    assert "<script>" not in answer.text
    assert (await client.intents.retrieve_async(intent.id)).latest_charge is None


async def test_a_paid_intent_is_not_paid_twice(client: Client) -> None:
    intent = await client.paid()

    again = await client.http.post(f"/pay/{intent.id}", data={"card_number": "4242424242424242"})

    assert again.status_code == 409
    assert (await client.summary())["charges_succeeded_by_booking"][intent.metadata["booking_id"]] == 1
    assert (await client.http.post(f"/pay/{intent.id}/authentication", data={"outcome": "complete"})).status_code == 409


async def test_a_person_gives_money_back_in_parts(client: Client) -> None:
    intent = await client.paid()
    page = f"/pay/{intent.id}"
    assert "€25.00 is left of it." in (await client.http.get(page)).text

    part = await client.http.post(f"{page}/refund", data={"amount": "900"})

    assert (part.status_code, part.headers["location"]) == (303, page)
    assert "€16.00 is left of it." in (await client.http.get(page)).text
    for amount, status in (("1601", 409), ("0", 409), ("9.00", 422), ("-1", 422)):
        assert (await client.http.post(f"{page}/refund", data={"amount": amount})).status_code == status
    assert (await client.http.post(f"{page}/refund", data={"amount": "1600"})).status_code == 303
    assert "is left of it" not in (await client.http.get(page)).text
    made = (await client.refunds.list_async({"payment_intent": intent.id})).data
    assert [(refund.amount, refund.reason) for refund in made] == [
        (1600, "requested_by_customer"),
        (900, "requested_by_customer"),
    ]
    assert (await client.http.post(f"{page}/refund")).status_code == 409


@pytest.mark.parametrize(
    "path", ["/pay/pi_none", "/pay/pi_none/authentication", "/pay/pi_none/refund", "/events/evt_none/resend"]
)
async def test_what_is_not_there_says_so(client: Client, path: str) -> None:
    answer = await client.http.post(path)

    assert answer.status_code == 404
    assert "_none" in answer.text


async def test_the_dashboard_shows_everything_and_sends_again(client: Client) -> None:
    intent = await client.paid()
    refund = await client.refunds.create_async({"payment_intent": intent.id})
    (event,) = (await client.events.list_async({"limit": 1})).data
    await client.faults(webhooks={"duplicate": 1})

    page = await client.http.get("/")
    answer = await client.http.post(f"/events/{event.id}/resend")

    for shown in (intent.id, refund.id, event.id, "charge.refunded", "webhooks.duplicate=1"):
        assert shown in page.text
    assert answer.status_code == 303
