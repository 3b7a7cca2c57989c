"""A booking from slot to refund, as its customer, its business and Stripe see it."""

import asyncio
import itertools
import json
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from uuid import uuid4

import asyncpg
import httpx
import stripe

from devstack.stack import Stack
from shared.clock import utc_now
from tests.support.client import Api, in_days
from tests.support.eventually import eventually
from tests.support.local_hours import zone_at
from tests.system.conftest import Outside, payable, reaches


async def test_the_whole_story(api: Api, outside: Outside, stack: Stack) -> None:
    email = f"{uuid4().hex}@customer.example"
    service = await api.service(deposit_percent=30)
    await api.resource(service, time_zone=zone_at(12))
    soon = utc_now().replace(second=0, microsecond=0) + timedelta(hours=5)
    made = await api.book(service, soon, email)
    assert made.status_code == 201, made.text
    booking = made.json()
    assert booking["status"] == "pending_payment"
    assert booking["deposit"] == {"amount": 2700, "refunded_amount": 0, "currency": "eur", "status": "pending"}
    assert booking["hold_expires_at"]
    assert made.headers["Location"] == f"/v1/bookings/{booking['id']}"
    intent = await payable(api, booking["id"])
    assert (await outside.pay(intent)).status_code == 200
    confirmed = await reaches(api, booking["id"], "confirmed")
    assert (confirmed["version"], confirmed["deposit"]["status"]) == (2, "paid")

    async def subjects() -> list[str]:
        return [mail["subject"] for mail in await outside.mails(email)]

    async def confirmation_told() -> bool:
        return len(await subjects()) == 3

    await eventually(confirmation_told, within=20)  # held, received, confirmed
    await the_reminders_time_comes(stack, booking["id"])

    async def reminded() -> bool:
        return len(await subjects()) == 4

    await eventually(reminded, within=30)
    moved = await api.post(f"/v1/bookings/{booking['id']}/reschedule", {"starts_at": in_days(3).isoformat()})
    assert (moved.status_code, moved.json()["version"]) == (200, 3)

    async def told_of_the_move() -> bool:
        # News that a cancellation overtakes is not sent any more, so it must be out first.
        return len(await subjects()) == 5

    await eventually(told_of_the_move, within=20)
    cancelled = await api.post(f"/v1/bookings/{booking['id']}/cancel", {"reason": "rain"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")

    async def refunded() -> bool:
        payment = await api.payment(booking["id"])
        return bool(payment["status"] == "refunded")

    await eventually(refunded, within=20)

    async def told() -> bool:
        return len(await subjects()) == 7

    await eventually(told, within=20)
    mails = await outside.mails(email)
    with_calendar = [m for m in mails if any(a["filename"].endswith(".ics") for a in m["attachments"])]
    assert with_calendar
    assert all(mail["text"] and mail["html"] for mail in mails)
    final = await api.booking(booking["id"])
    assert final["deposit"]["status"] == "refunded"


async def test_what_went_back_by_hand_is_not_promised_again(api: Api, outside: Outside) -> None:
    """A part is given back in Stripe's dashboard, then the business cancels: mails name what really comes back."""
    email = f"{uuid4().hex}@customer.example"
    service = await api.service(deposit_percent=30)
    await api.resource(service)
    booking = (await api.book(service, in_days(3), email)).json()
    intent = await payable(api, booking["id"])
    assert (await outside.pay(intent)).status_code == 200
    await reaches(api, booking["id"], "confirmed")
    for amount in ("700", "300"):
        form = {"payment_intent": intent, "amount": amount}
        assert (await outside.stripe.post("/v1/refunds", data=form)).status_code == 200

    async def stands(deposit: dict[str, object], payment: str) -> bool:
        seen, paid = (await api.booking(booking["id"]))["deposit"], await api.payment(booking["id"])
        agree = (paid["status"], paid["refunded_amount"]) == (payment, deposit["refunded_amount"])
        return agree and seen == {"amount": 2700, "currency": "eur"} | deposit

    part = {"status": "partially_refunded", "refunded_amount": 1000}
    await eventually(partial(stands, part, "partially_refunded"), within=20)
    assert (await api.post(f"/v1/bookings/{booking['id']}/cancel", {})).status_code == 200
    await eventually(partial(stands, {"status": "refunded", "refunded_amount": 2700}, "refunded"), within=20)

    async def told() -> bool:
        subjects = [mail["subject"] for mail in await outside.mails(email)]
        return {s.split()[1] for s in subjects if s.startswith("Refund:")} == {"€7.00", "€3.00", "€17.00"}

    await eventually(told, within=20)
    [cancelled] = [m for m in await outside.mails(email) if m["subject"].startswith("Cancelled")]
    assert "Of your deposit of €27.00, €10.00 went back to you before. The other €17.00 will be refunded" in " ".join(
        cancelled["text"].split()
    )


async def the_reminders_time_comes(stack: Stack, booking_id: str) -> None:
    """The one of two hours before; the day before has passed."""
    connection = await asyncpg.connect(stack.servers.postgres.url)
    due = "UPDATE notifier.messages SET send_at = now(), next_attempt_at = now() WHERE booking_id = $1 AND kind = $2"
    try:
        assert await connection.execute(due, booking_id, "reminder") == "UPDATE 1"
    finally:
        await connection.close()


async def test_fifty_at_once_over_two_replicas(api: Api) -> None:
    service = await api.service()
    await api.resource(service)
    responses = await asyncio.gather(*(api.book(service, in_days(4)) for _ in range(50)))
    assert Counter(r.status_code for r in responses) == {201: 1, 409: 49}
    refused = [r.json() for r in responses if r.status_code == 409]
    assert {r["code"] for r in refused} == {"slot_taken"}
    assert all(r["alternatives"] for r in refused)


async def test_one_key_twenty_times_at_once(api: Api) -> None:
    service = await api.service()
    await api.resource(service)
    responses = await asyncio.gather(*(api.book(service, in_days(4), Idempotency_Key="a-key") for _ in range(20)))
    assert {r.status_code for r in responses} == {201}
    assert len({r.json()["id"] for r in responses}) == 1
    assert sum(r.headers.get("Idempotent-Replayed") == "true" for r in responses) == 19
    other = await api.book(service, in_days(5), Idempotency_Key="a-key")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    listed = await api.get("/v1/bookings")
    assert len(listed.json()["bookings"]) == 1


def signed(body: bytes, secret: str) -> dict[str, str]:
    """A Stripe-Signature header, made by Stripe's own library."""
    timestamp = int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{timestamp}.{body.decode()}", secret)
    return {"Stripe-Signature": f"t={timestamp},v1={signature}", "Content-Type": "application/json"}


async def test_webhooks_thrice_and_in_every_order_end_alike(
    api: Api, http: httpx.AsyncClient, outside: Outside, stack: Stack
) -> None:
    """payment_failed and succeeded for one intent, each three times, in every order: paid, confirmed, once."""
    secret = stack.credentials.stripe_webhook_secret
    service = await api.service(deposit_percent=50)
    await outside.faults(webhooks={"drop_ratio": 1.0})
    orders = set(itertools.permutations(["payment_failed", "succeeded"] * 3))
    assert len(orders) == 20
    resources = [await api.resource(service, name=f"Team {n}") for n in range(len(orders))]
    assert resources
    ended: Counter[str] = Counter()

    async def delivered(body: bytes) -> bool:
        """Stripe repeats what is not answered with 200: on a busy machine a body can take more than its two seconds."""
        response = await http.post("/webhooks/stripe", content=body, headers=signed(body, secret))
        assert response.status_code in (200, 408), response.text
        return response.status_code == 200

    async def play(order: tuple[str, ...], email: str) -> None:
        booking = (await api.book(service, in_days(6), email)).json()
        intent = await payable(api, booking["id"])
        await outside.pay(intent, "pm_card_chargeDeclined")
        await outside.pay(intent)
        listed = (await outside.stripe.get("/v1/events", params={"limit": 100})).json()["data"]
        events = {e["type"].removeprefix("payment_intent."): e for e in listed if e["data"]["object"]["id"] == intent}
        for name in order:
            body = json.dumps(events[name]).encode()
            await eventually(partial(delivered, body), every=0.5)
        seen = await reaches(api, booking["id"], "confirmed")
        payment = await api.payment(booking["id"])
        ended[f"{seen['version']} {seen['deposit']['status']} {payment['status']}"] += 1

    emails = [f"{uuid4().hex}@customer.example" for _ in orders]
    await asyncio.gather(*(play(order, email) for order, email in zip(sorted(orders), emails, strict=True)))
    assert ended == {"2 paid succeeded": len(orders)}

    async def told_once() -> bool:
        mails = [[m["subject"] for m in await outside.mails(email)] for email in emails]
        return all(len(m) >= 3 and len(m) == len(set(m)) for m in mails)

    await eventually(told_once, within=30)


async def test_a_hold_that_nobody_pays_cancels_its_intent(api: Api, outside: Outside) -> None:
    service = await api.service(deposit_percent=50)
    await api.resource(service)
    booking = (await api.book(service, in_days(2))).json()
    intent = await payable(api, booking["id"])
    await api.post(f"/v1/bookings/{booking['id']}/cancel", {})

    async def canceled() -> bool:
        seen: dict[str, object] = (await outside.stripe.get(f"/v1/payment_intents/{intent}")).json()
        return seen["status"] == "canceled"

    await eventually(canceled, within=20)
    assert (await outside.pay(intent)).status_code == 400
