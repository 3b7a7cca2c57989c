"""The public routes of services, resources and availability."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import read_json
from gateway.gateway import CatalogueReader, admit, gateway_of
from gateway.keys import Scope
from gateway.paging import Cursor, Limit, QueryInstant, check_cursor
from gateway.problems import FieldError, invalid
from gateway.requests import accepted
from gateway.responses import show
from gateway.routing import LIST_PROBLEMS, READ_PROBLEMS, SECURITY, WRITE_PROBLEMS, LeanRoute, durable, takes
from gateway.schemas import (
    Accepted,
    NewResource,
    NewService,
    ResourcePage,
    ResourceShown,
    ServicePage,
    ServiceShown,
    SlotsShown,
)
from shared.contracts.booking.availability import FindSlots
from shared.contracts.booking.catalog import (
    CreateResource,
    CreateService,
    GetResource,
    GetService,
    ListResources,
    ListServices,
    WeeklyHours,
)
from shared.contracts.money import Money
from shared.messaging.rpc import call, call_unread

writes = APIRouter(route_class=LeanRoute, tags=["Catalogue"])
reads = APIRouter(tags=["Catalogue"])

LONGEST_SEARCH = timedelta(days=62)
_SERVICE = "/v1/services/{id}"
_RESOURCE = "/v1/resources/{id}"
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": Accepted, "description": "Stored; it will be carried out. `Location` shows what came of it."}
}


@writes.post(
    "/v1/services",
    status_code=201,
    response_model=ServiceShown,
    responses=_ACCEPTED | WRITE_PROBLEMS,
    openapi_extra=durable(takes(NewService)),
)
async def create_service(request: Request) -> Response:
    """Add a service to the catalogue."""
    caller = await admit(request, Scope.CATALOGUE_WRITE)
    body = await read_json(request, NewService)
    requests = gateway_of(request).requests
    command = CreateService(
        **requests.envelope(request, caller.tenant_id, body),
        **body.model_dump(exclude={"price"}),
        price=Money(amount=body.price.amount, currency=body.price.currency),
    )
    return await requests.submit(request, command, ServiceShown, _SERVICE)


@writes.post(
    "/v1/resources",
    status_code=201,
    response_model=ResourceShown,
    responses=_ACCEPTED | WRITE_PROBLEMS,
    openapi_extra=durable(takes(NewResource)),
)
async def create_resource(request: Request) -> Response:
    """Add whoever or whatever can be booked."""
    caller = await admit(request, Scope.CATALOGUE_WRITE)
    body = await read_json(request, NewResource)
    requests = gateway_of(request).requests
    command = CreateResource(
        **requests.envelope(request, caller.tenant_id, body),
        name=body.name,
        time_zone=body.time_zone,
        weekly_hours=[WeeklyHours(weekday=w.weekday, opens=w.opens, closes=w.closes) for w in body.weekly_hours],
        service_ids=body.service_ids,
    )
    return await requests.submit(request, command, ResourceShown, _RESOURCE)


@reads.get("/v1/services", response_model=ServicePage, responses=LIST_PROBLEMS, openapi_extra={"security": SECURITY})
async def list_services(
    request: Request, caller: CatalogueReader, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """A page of the tenant's services, newest first."""
    query = ListServices(tenant_id=caller.tenant_id, limit=limit, cursor=check_cursor(cursor))
    return show(ServicePage.model_validate(await call(gateway_of(request).broker, query)))


@reads.get(
    "/v1/services/{service_id}",
    response_model=ServiceShown,
    responses=_ACCEPTED | READ_PROBLEMS,
    openapi_extra={"security": SECURITY},
)
async def get_service(request: Request, caller: CatalogueReader, service_id: UUID) -> Response:
    """One service; 202 while the request for it still waits."""
    service = await gateway_of(request).requests.follow(
        CreateService,
        caller.tenant_id,
        service_id,
        lambda asked: GetService(tenant_id=caller.tenant_id, service_id=asked),
    )
    if service is None:
        return accepted(service_id, _SERVICE.format(id=service_id))
    return show(ServiceShown.model_validate(service))


@reads.get("/v1/resources", response_model=ResourcePage, responses=LIST_PROBLEMS, openapi_extra={"security": SECURITY})
async def list_resources(
    request: Request, caller: CatalogueReader, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """A page of the tenant's resources, newest first."""
    query = ListResources(tenant_id=caller.tenant_id, limit=limit, cursor=check_cursor(cursor))
    return show(ResourcePage.model_validate(await call(gateway_of(request).broker, query)))


@reads.get(
    "/v1/resources/{resource_id}",
    response_model=ResourceShown,
    responses=_ACCEPTED | READ_PROBLEMS,
    openapi_extra={"security": SECURITY},
)
async def get_resource(request: Request, caller: CatalogueReader, resource_id: UUID) -> Response:
    """One resource; 202 while the request for it still waits."""
    resource = await gateway_of(request).requests.follow(
        CreateResource,
        caller.tenant_id,
        resource_id,
        lambda asked: GetResource(tenant_id=caller.tenant_id, resource_id=asked),
    )
    if resource is None:
        return accepted(resource_id, _RESOURCE.format(id=resource_id))
    return show(ResourceShown.model_validate(resource))


@reads.get(
    "/v1/availability",
    response_model=SlotsShown,
    responses=READ_PROBLEMS,
    openapi_extra={"security": SECURITY},
    tags=["Availability"],
)
async def find_slots(
    request: Request,
    caller: CatalogueReader,
    service_id: UUID,
    from_: Annotated[QueryInstant, Query(alias="from")],
    to: Annotated[QueryInstant, Query(description="At most 62 days after `from`.")],
    resource_id: UUID | None = None,
) -> Response:
    """Free slots that start in `[from, to)`. What is offered can be booked, until somebody else does."""
    if not from_ < to:
        raise invalid([FieldError(field="to", message="must be after `from`")])
    if to - from_ > LONGEST_SEARCH:
        raise invalid([FieldError(field="to", message=f"must be within {LONGEST_SEARCH.days} days of `from`")])
    query = FindSlots(tenant_id=caller.tenant_id, service_id=service_id, from_=from_, to=to, resource_id=resource_id)
    # The contract has the public shape already (a test holds them together): thousands of slots
    # are passed on as they come.
    slots = await call_unread(gateway_of(request).broker, query, timeout=5)
    return Response(slots, media_type="application/json")
