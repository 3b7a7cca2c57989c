"""Stripe's webhook: only what Stripe signed comes in, and it is stored before it is answered."""

import time
from typing import Any

import httpx
import pytest

from gateway.http.stripe_signature import sign
from shared.messaging.broker import Broker
from tests.service.gateway.conftest import STRIPE_SECRETS, body_of, compact, somewhere

NEW, OLD = STRIPE_SECRETS


def event(**more: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{somewhere().replace('-', '')}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "data": {"object": {"id": "pi_1"}},
    } | more


async def deliver(http: httpx.AsyncClient, body: bytes, signature: str | None = None) -> httpx.Response:
    header = sign(body, NEW, int(time.time())) if signature is None else signature
    return await http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": header} if header else {})


@pytest.mark.parametrize("secret", STRIPE_SECRETS)
async def test_a_signed_event_is_stored_byte_for_byte_and_once(
    http: httpx.AsyncClient, broker: Broker, secret: str
) -> None:
    known = event()
    body = b" " + compact(known) + b"\n"
    for _ in range(3):
        answer = await deliver(http, body, sign(body, secret, int(time.time())))
        assert (answer.status_code, answer.json()) == (200, {"received": True})
    stored = await broker.js.get_last_msg("WEBHOOKS", "webhook.stripe.payment_intent.succeeded", direct=True)
    assert stored.data == body
    assert (stored.headers or {})["Nats-Msg-Id"] == known["id"]
    info = await broker.js.stream_info("WEBHOOKS", subjects_filter="webhook.stripe.payment_intent.succeeded")
    assert info.state.messages >= 1


@pytest.mark.parametrize("kind", ["weird type!", "a.*.b", "x" * 150, "..", "UPPER"])
async def test_an_odd_type_does_not_choose_its_subject(http: httpx.AsyncClient, broker: Broker, kind: str) -> None:
    body = compact(event(type=kind))
    assert (await deliver(http, body)).status_code == 200
    stored = await broker.js.get_last_msg("WEBHOOKS", "webhook.stripe.unknown", direct=True)
    assert stored.data == body


async def test_everything_else_gets_one_constant_answer(http: httpx.AsyncClient) -> None:
    body, now = compact(event()), int(time.time())
    good = sign(body, NEW, now)
    signature = good.partition("v1=")[2]
    headers = [
        "", "t=,v1=", f"v1={signature}", f"t={now}", f"t={now},v0={signature}", f"t={now},t={now},v1={signature}",
        f"t=-1,v1={signature}", f"t=x,v1={signature}", f"t={2**63},v1={signature}", f"t=0{now},v1={signature}",
        f"t={now},v1={signature.upper()}", f"t={now},v1={signature[:-1]}", f"t={now},v1={'0' * 64}",
        f"t={now}," + ",".join([f"v1={signature}"] * 17), sign(body, "whsec_another", now), sign(body + b"\n", NEW,
        now),
        sign(body, NEW, now - 302), sign(body, NEW, now + 305), sign(body, NEW, now + 31_536_000),
    ]  # fmt: skip
    seen = set()
    for header in headers:
        answer = await deliver(http, body, header)
        seen.add((answer.status_code, str(body_of(answer) | {"request_id": ""})))
    twice = await http.post("/webhooks/stripe", content=body, headers=[("Stripe-Signature", good)] * 2)
    seen.add((twice.status_code, str(body_of(twice) | {"request_id": ""})))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 400
    text = (await http.get("/metrics")).text
    for reason in ("missing", "malformed", "timestamp", "signature"):
        assert f'stripe_webhook_rejected_total{{reason="{reason}"}}' in text


async def test_what_is_signed_and_can_not_be_read_is_stored_as_it_came(http: httpx.AsyncClient, broker: Broker) -> None:
    unusable = [
        b"", b"null", b"[]", b"{", b"\xff", b"\xef\xbb\xbf{}", b"{}", compact({"id": "evt_1"}),
        compact(event(id="pi_1")), compact(event(id="evt_a\r\nx")), compact(event(type=5)), b"[" * 5000,
        compact(event()).replace(b'"pi_1"', b'"\\ud800"'),
    ]  # fmt: skip
    for body in unusable:
        assert (await deliver(http, body)).status_code == 200, "refused, Stripe would send it for days and give it up"
        stored = await broker.js.get_last_msg("WEBHOOKS", "webhook.stripe.unknown", direct=True)
        assert (stored.data or b"") == body
    assert "stripe_webhook_unreadable_total" in (await http.get("/metrics")).text


async def test_what_is_signed_and_no_event_of_ours_is_counted_and_forgotten(
    http: httpx.AsyncClient, broker: Broker
) -> None:
    """Thin events of API v2, a whole burst of them: nothing reaches a consumer that could stop."""
    before = (await broker.js.stream_info("WEBHOOKS")).state.last_seq
    for number in range(25):
        thin = {
            "id": f"evt_test_{number}",
            "object": "v2.core.event",
            "type": "v1.billing.meter.error_report_triggered",
            "livemode": False,
            "created": "2026-11-01T10:00:00.000Z",
            "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
        }
        assert (await deliver(http, compact(thin))).status_code == 200
    assert (await broker.js.stream_info("WEBHOOKS")).state.last_seq == before
    assert 'stripe_webhook_foreign_total{kind="thin"} ' in (await http.get("/metrics")).text


async def test_a_delivery_may_be_larger_than_a_request(http: httpx.AsyncClient) -> None:
    assert (await deliver(http, compact(event(padding="x" * 200_000)))).status_code == 200
    assert (await deliver(http, compact(event(padding="x" * 270_000)))).status_code == 413
