"""Services: what can be booked."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.submit import SUBMITTING, accepted, decided, waiting
from gateway.http.answers import ASKING, EXAMPLE_ID, follows, next_page, refuses, shows
from gateway.http.body import STRICT, Body
from gateway.http.headers import SentHeaders
from gateway.http.parameters import Cursor, Limit
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.catalog import CreateService, GetService, ListServices, Service, ServiceList
from shared.contracts.fields import Name, Whole
from shared.contracts.money import AMOUNT_LIMIT, Currency, Money
from shared.messaging.rpc import call

routes = api_router("Catalog")

LOCATION = "/v1/services/{id}"
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "name": "Deep clean",
    "duration_minutes": 120,
    "price": {"amount": 12000, "currency": "eur"},
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 30,
    "deposit_percent": 20,
    "deposit": {"amount": 2400, "currency": "eur"},
    "minimum_notice_minutes": 120,
    "horizon_days": 90,
    "slot_step_minutes": 30,
    "created_at": "2026-11-20T10:00:00Z",
}
_LINKS = {
    "service": follows("get_service", "The service.", service_id="$response.body#/id"),
    "slots": follows("find_slots", "When it can be booked.", service_id="$response.body#/id"),
}


class Price(Money):
    """Integer minor units (cents) and a lower-case ISO 4217 code."""

    model_config = STRICT

    amount: Whole = Field(ge=0, le=AMOUNT_LIMIT)
    currency: Currency


class ServiceCreate(Body):
    """Something to sell by appointment. Minutes are elapsed minutes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Deep clean", "duration_minutes": 120, "price": {"amount": 12000, "currency": "eur"}}]
        }
    )

    name: Name
    duration_minutes: Whole = Field(ge=5, le=1440)
    price: Price
    buffer_before_minutes: Whole = Field(default=0, ge=0, le=720)
    buffer_after_minutes: Whole = Field(default=0, ge=0, le=720)
    deposit_percent: Whole = Field(default=0, ge=0, le=100)
    minimum_notice_minutes: Whole = Field(default=120, ge=0, le=525_600)
    horizon_days: Whole = Field(default=90, ge=1, le=730)
    slot_step_minutes: Whole = Field(default=30, ge=5, le=1440)


@routes.post(
    "/v1/services",
    status_code=201,
    response_model=Service,
    responses=decided(201, _EXAMPLE, links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_LINKS),
)
@refuses("validation_error", *SUBMITTING)
async def create_service(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    body: ServiceCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Add a service to the catalog."""
    command = CreateService(**submitter.envelope(request, caller.tenant_id, body, headers), **dict(body))
    return await submitter.submit(request, command, headers, Service, LOCATION)


@routes.get(
    "/v1/services",
    response_model=ServiceList,
    responses=shows(200, {"services": [_EXAMPLE], "next_cursor": None}, links=next_page("list_services")),
)
@refuses("invalid_cursor", *ASKING)
async def list_services(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ServiceList:
    """A page of the tenant's services, newest first."""
    return await call(nats, ListServices(tenant_id=caller.tenant_id, limit=limit, cursor=cursor))


@routes.get(
    "/v1/services/{service_id}",
    response_model=Service,
    responses=shows(200, _EXAMPLE, links={"slots": _LINKS["slots"]}) | waiting(LOCATION),
)
@refuses("service_not_found", "validation_error", "idempotency_key_reused", *ASKING)
async def get_service(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])], service_id: UUID, follower: Follower
) -> Service | Response:
    """One service; 202 while the command for it still waits; the refusal if it was refused."""
    service = await follower.follow(
        CreateService,
        caller.tenant_id,
        service_id,
        lambda asked: GetService(tenant_id=caller.tenant_id, service_id=asked),
    )
    return service or accepted(service_id, LOCATION)
