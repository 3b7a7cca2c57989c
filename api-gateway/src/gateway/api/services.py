"""Services: what can be booked."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.showing import Followed
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import (
    ASKING,
    EXAMPLE_ID,
    UNLESS_KNOWN,
    follows,
    next_page,
    not_modified,
    outcome_at,
    refuses,
    shows,
)
from gateway.http.body import NOTHING, STRICT, Body, given, unchanged
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.parameters import Cursor, FollowedChange, Limit, ShowArchived
from gateway.http.problems import FieldError, invalid
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.catalog import (
    Archived,
    ArchiveService,
    ChangeService,
    CreateService,
    GetService,
    GetServicePrices,
    ListServices,
    Requirement,
    RestoreService,
    Service,
    ServiceList,
    ServicePriceList,
)
from shared.contracts.fields import Kind, Name, Whole
from shared.contracts.money import AMOUNT_LIMIT, Currency, Money
from shared.messaging.rpc import call

routes = api_router("Catalog")

LOCATION = "/v1/services/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
CHANGES = (ChangeService, ArchiveService, RestoreService)
"""What can be done with a service that is there."""
_FOLLOWED = Followed(
    CreateService, CHANGES, LOCATION, lambda tenant, asked: GetService(tenant_id=tenant, service_id=asked)
)
_CHANGING = ("service_not_found", "version_conflict")
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
    "requires": None,
    "approval_minutes": 0,
    "version": 1,
    "price_version": 1,
    "archived_at": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_ARCHIVED = _EXAMPLE | {"version": 2, "archived_at": "2026-11-21T10:00:00Z"}
_PRICES = {
    "prices": [{"version": 1, "price": {"amount": 12000, "currency": "eur"}, "valid_from": "2026-11-20T10:00:00Z"}]
}
_LINKS = {
    "service": follows("get_service", "The service.", service_id="$response.body#/id"),
    "slots": follows("find_slots", "When it can be booked.", service_id="$response.body#/id"),
    "change": follows("change_service", "Change it.", service_id="$response.body#/id"),
}
_SHOWN = {"service": _LINKS["service"]}
_OUTCOME = outcome_at("get_service", "service_id")
_CHANGE = decided(200, _EXAMPLE, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)
_PUT_AWAY = decided(200, _ARCHIVED, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)


class Price(Money):
    """Integer minor units (cents) and a lower-case ISO 4217 code."""

    model_config = STRICT

    amount: Whole = Field(ge=0, le=AMOUNT_LIMIT)
    currency: Currency


class ResourceRequirement(Requirement):
    """So many of a kind of resource, or of these resources."""

    model_config = STRICT

    of: Kind | Annotated[list[UUID], Field(min_length=1, max_length=200)]
    quantity: Whole = Field(default=1, ge=1, le=20)


class NewPrice(Body):
    """Integer minor units (cents) and a lower-case ISO 4217 code; without one, in the currency of the settings."""

    amount: Whole = Field(ge=0, le=AMOUNT_LIMIT)
    currency: Currency | None = None


Requirements = Annotated[list[ResourceRequirement], Field(max_length=10)]


class ServicePatch(Body):
    """What is to be different; what is left out stays (RFC 7396). No member can be taken away."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"examples": [{"price": {"amount": 13000, "currency": "eur"}}]}
    )

    name: Name = unchanged()
    duration_minutes: Whole = unchanged(ge=5, le=1440)
    price: Price = unchanged()
    buffer_before_minutes: Whole = unchanged(ge=0, le=720)
    buffer_after_minutes: Whole = unchanged(ge=0, le=720)
    deposit_percent: Whole = unchanged(ge=0, le=100)
    minimum_notice_minutes: Whole = unchanged(ge=0, le=525_600)
    horizon_days: Whole = unchanged(ge=1, le=730)
    slot_step_minutes: Whole = unchanged(ge=5, le=1440)
    requires: Requirements = unchanged()
    approval_minutes: Whole = unchanged(ge=0, le=43_200)


class ServiceCreate(Body):
    """Something to sell by appointment. Minutes are elapsed minutes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Deep clean", "duration_minutes": 120, "price": {"amount": 12000, "currency": "eur"}}]
        }
    )

    name: Name
    duration_minutes: Whole = Field(ge=5, le=1440)
    price: NewPrice
    buffer_before_minutes: Whole = Field(default=0, ge=0, le=720)
    buffer_after_minutes: Whole = Field(default=0, ge=0, le=720)
    deposit_percent: Whole = Field(default=0, ge=0, le=100)
    minimum_notice_minutes: Whole = Field(default=120, ge=0, le=525_600)
    horizon_days: Whole = Field(default=90, ge=1, le=730)
    slot_step_minutes: Whole = Field(default=30, ge=5, le=1440)
    requires: Requirements | None = None
    approval_minutes: Whole = Field(default=0, ge=0, le=43_200)


@routes.post(
    "/v1/services",
    status_code=201,
    response_model=Service,
    responses=decided(201, _EXAMPLE, "ETag", links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_LINKS),
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
    currency = body.price.currency or caller.currency
    if currency is None:
        raise invalid([FieldError(field="price.currency", message="is needed: the settings have none")])
    said = dict(body) | {"price": Price(amount=body.price.amount, currency=currency)}
    command = CreateService(**submitter.envelope(request, caller.tenant_id, body, headers), **said)
    return await submitter.submit(request, command, headers, Service, LOCATION)


@routes.get(
    "/v1/services",
    response_model=ServiceList,
    responses=shows(200, {"services": [_EXAMPLE], "next_cursor": None}, links=next_page("list_services", "archived")),
)
@refuses("invalid_cursor", *ASKING)
async def list_services(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    archived: ShowArchived = Archived.NO,
) -> ServiceList:
    """A page of the tenant's services, newest first."""
    return await call(nats, ListServices(tenant_id=caller.tenant_id, limit=limit, cursor=cursor, archived=archived))


@routes.get(
    "/v1/services/{service_id}",
    response_model=Service,
    responses=shows(200, _EXAMPLE, "ETag", links={"slots": _LINKS["slots"], "change": _LINKS["change"]})
    | waiting(LOCATION)
    | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses("validation_error", "idempotency_key_reused", *_CHANGING, *ASKING)
async def get_service(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    service_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> Service | Response:
    """One service, archived or not; 202 while a command for it still waits; the refusal if it was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, service_id, command, response)


@routes.get(
    "/v1/services/{service_id}/prices",
    response_model=ServicePriceList,
    responses=shows(200, _PRICES),
)
@refuses("service_not_found", *ASKING)
async def get_service_prices(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])], service_id: UUID, nats: Nats
) -> ServicePriceList:
    """The prices that a service has and had, the newest first, at most a hundred. A booking names the `price_version`
    that it was made under."""
    return await call(nats, GetServicePrices(tenant_id=caller.tenant_id, service_id=service_id))


@routes.patch("/v1/services/{service_id}", response_model=Service, responses=_CHANGE)
@refuses("validation_error", *_CHANGING, *SUBMITTING)
async def change_service(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    service_id: UUID,
    body: ServicePatch,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Change a service. Bookings keep the price and the length that they were made under."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, service_id)
    command = ChangeService(**envelope, **given(body), expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Service, LOCATION)


@routes.post("/v1/services/{service_id}/archive", response_model=Service, responses=_PUT_AWAY)
@refuses(*_CHANGING, *SUBMITTING)
async def archive_service(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    service_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Offer a service no more. Its bookings stay. Doing so twice changes nothing."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, service_id)
    command = ArchiveService(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Service, LOCATION)


@routes.post("/v1/services/{service_id}/restore", response_model=Service, responses=_CHANGE)
@refuses(*_CHANGING, *SUBMITTING)
async def restore_service(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    service_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Offer an archived service again."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, service_id)
    command = RestoreService(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Service, LOCATION)
