"""Stripe's webhook: verified here, stored by JetStream, applied by billing-service (design §1.7)."""

import time
from typing import Annotated

import structlog
from fastapi import APIRouter
from prometheus_client import Counter
from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import read_body
from gateway.edge import WEBHOOK_PATH
from gateway.failpoints import GatewayFailpoint
from gateway.gateway import gateway_of
from gateway.problems import Problem
from gateway.responses import show
from gateway.routing import LeanRoute, problems
from gateway.stripe_signature import InvalidSignature, verify
from shared.contracts.stripe import StripeEvent
from shared.failpoints import failpoint

log = structlog.get_logger()

writes = APIRouter(route_class=LeanRoute, tags=["Webhooks"])

REJECTED = Counter("stripe_webhook_rejected_total", "Webhook deliveries refused by the gateway.", ["reason"])


class Received(BaseModel):
    """The event is stored."""

    received: bool = True


class _Envelope(BaseModel):
    """All that the gateway reads of an event; the rest is billing-service's business."""

    id: Annotated[str, StringConstraints(pattern=r"^evt_[A-Za-z0-9_]{1,250}$")]
    type: Annotated[str, StringConstraints(min_length=1, max_length=200)]


@writes.post(
    WEBHOOK_PATH,
    response_model=Received,
    responses=problems(400, 413, 503),
    openapi_extra={
        "parameters": [
            {"name": "Stripe-Signature", "in": "header", "required": True, "schema": {"type": "string"}},
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "required": ["id", "type"]}}},
        },
    },
)
async def receive_stripe_event(request: Request) -> Response:
    """Take in an event signed by Stripe. 200 once it is stored; Stripe sends it again after anything else."""
    gateway = gateway_of(request)
    body = await read_body(request)
    try:
        verify(request.headers.getlist("stripe-signature"), body, gateway.stripe_secrets, time.time())
        event = _Envelope.model_validate_json(body)
    except InvalidSignature as error:
        raise _refuse(error.reason) from None
    except ValidationError:
        raise _refuse("payload") from None
    subject = StripeEvent.model_construct(id=event.id, type=event.type, created=0, data={}).subject
    failpoint(GatewayFailpoint.WEBHOOK_PUBLISHING)
    await gateway.broker.publish(subject, body, message_id=event.id, headers={"content-type": "application/json"})
    failpoint(GatewayFailpoint.WEBHOOK_PUBLISHED)
    return show(Received())


def _refuse(reason: str) -> Problem:
    """One constant answer, so that it teaches nothing; the reason is counted."""
    REJECTED.labels(reason).inc()
    return Problem(400, "The event could not be verified.", "invalid_webhook")
