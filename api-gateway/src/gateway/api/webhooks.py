"""Stripe's webhook: verified here, stored by JetStream, applied by billing-service."""

import hashlib
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends
from fastapi.params import Header
from prometheus_client import Counter
from pydantic import BaseModel, StringConstraints, ValidationError, WithJsonSchema
from starlette.requests import Request

from gateway.api.dependencies import Nats, StripeSecrets
from gateway.failpoints import GatewayFailpoint
from gateway.http.answers import refuses, shows
from gateway.http.body import BODY_REFUSALS, read_body
from gateway.http.edge import WEBHOOK_PATH
from gateway.http.problems import Problem
from gateway.http.routes import api_router
from gateway.http.stripe_signature import InvalidSignature, check_form, verify
from shared.clock import utc_now
from shared.failpoints import failpoint
from shared.messaging.sending import pass_on_stripe_event

raw_routes = api_router("Webhooks", raw=True)

REJECTED = Counter("stripe_webhook_rejected_total", "Webhook deliveries refused by the gateway.", ["reason"])

FOREIGN = Counter(
    "stripe_webhook_foreign_total",
    "Signed by Stripe, and no event of the API that Tidebook listens to: answered 200 and forgotten. `thin` are "
    "events of API v2.",
    ["kind"],
)
UNREADABLE = Counter("stripe_webhook_unreadable_total", "Signed events that can't be read: stored, not refused.")

_Signatures = Annotated[list[str], WithJsonSchema({"type": "string"}), Header(alias="Stripe-Signature")]
BODY_SECONDS = 2
"""How long an event may take to arrive: Stripe sends it in one piece, and again if need be."""
_EVENT = {
    "type": "object",
    "description": "Stripe's Event object; more members than these come along.",
    "required": ["id", "type"],
    "properties": {"id": {"type": "string"}, "type": {"type": "string"}},
}


class WebhookReceived(BaseModel):
    """The event is stored."""

    received: bool


class _Envelope(BaseModel):
    """All that the gateway reads of an event; the rest is billing-service's business."""

    id: Annotated[str, StringConstraints(pattern=r"^evt_[A-Za-z0-9_]{1,250}$")]
    type: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    object: Annotated[str, StringConstraints(max_length=200)] = "event"


@refuses("invalid_webhook")
async def _plausible(signatures: _Signatures) -> list[str]:
    """The signatures, as they could be Stripe's; a body without them is not read. Raises 400."""
    try:
        check_form(signatures, utc_now().timestamp())
    except InvalidSignature as error:
        raise _refuse(error.reason, {"Connection": "close"}) from None
    return signatures


@refuses(*BODY_REFUSALS)
async def _event(request: Request) -> bytes:
    """The raw event. Raises 408, 413."""
    return await read_body(request, BODY_SECONDS)


@raw_routes.post(
    WEBHOOK_PATH,
    response_model=WebhookReceived,
    responses=shows(200, {"received": True}),
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _EVENT}}}},
)
@refuses("invalid_webhook", "unavailable", "overloaded")
async def receive_stripe_event(
    signatures: Annotated[list[str], Depends(_plausible)],
    body: Annotated[bytes, Depends(_event)],
    secrets: StripeSecrets,
    nats: Nats,
) -> WebhookReceived:
    """Take in an event signed by Stripe. 200 once it is stored; Stripe sends it again after anything else.

    What Stripe signs beside its events (thin events of API v2, say) is answered 200, counted, and not stored.
    """
    try:
        verify(signatures, body, secrets, utc_now().timestamp())
    except InvalidSignature as error:
        raise _refuse(error.reason) from None
    event = _envelope(body)
    if event.object != "event":
        FOREIGN.labels("thin" if event.object.startswith("v2.") else "other").inc()
        return WebhookReceived(received=True)
    failpoint(GatewayFailpoint.WEBHOOK_PUBLISHING)
    await pass_on_stripe_event(nats, event.id, event.type, body)
    failpoint(GatewayFailpoint.WEBHOOK_PUBLISHED)
    return WebhookReceived(received=True)


def _envelope(body: bytes) -> _Envelope:
    """What an event says of itself. One that is signed but can't be read gets a name made of its bytes: it is stored
    as it came, and billing-service puts it among the dead letters. Refused, Stripe would send it for days in vain."""
    try:
        return _Envelope.model_validate_json(body)
    except ValidationError:
        UNREADABLE.inc()
        return _Envelope(id=f"evt_unreadable_{hashlib.sha256(body).hexdigest()}", type="unreadable event")


def _refuse(reason: str, headers: Mapping[str, str] | None = None) -> Problem:
    """One constant answer, so that it teaches nothing; the reason is counted."""
    REJECTED.labels(reason).inc()
    return Problem(400, "The event could not be verified.", "invalid_webhook", headers)
