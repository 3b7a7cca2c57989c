"""Resources: whoever or whatever can be booked."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
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
from shared.contracts.booking.catalog import (
    CreateResource,
    GetResource,
    ListResources,
    OpenWindow,
    OverrideHours,
    Resource,
    ResourceList,
    RestoreHours,
    WeeklyHours,
)
from shared.contracts.fields import Closes, Date, Name, Opens, Whole, ZoneName
from shared.messaging.rpc import call

routes = api_router("Catalog")

LOCATION = "/v1/resources/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
OVERRIDE = "/v1/resources/{resource_id}/overrides/{date}"
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "name": "Team A",
    "time_zone": "Europe/Berlin",
    "weekly_hours": [{"weekday": 0, "opens": "09:00", "closes": "18:00"}],
    "overrides": [{"date": "2026-12-24", "windows": [{"opens": "09:00", "closes": "12:00"}]}],
    "service_ids": ["01936c5e-7d80-7000-8000-000000000002"],
    "created_at": "2026-11-20T10:00:00Z",
}
_LINKS = {
    "resource": follows("get_resource", "The resource.", resource_id="$response.body#/id"),
    "bookings": follows("list_bookings", "Its bookings.", resource_id="$response.body#/id"),
}
_OUTCOME = {
    "outcome": follows(
        "get_resource",
        "What comes of this change.",
        resource_id="$response.body#/id",
        command="$response.header.X-Request-Id",
    )
}


CHANGES = (OverrideHours, RestoreHours)
"""What can be done with a resource that is there."""
NOTHING = Body()


class Opening(OpenWindow):
    """One window of a date, wall clock of the resource's zone. One that closes by its opening runs over midnight."""

    model_config = STRICT

    opens: Opens
    closes: Closes


class OverrideSet(Body):
    """The windows in which a resource opens on a date; none: it stays closed."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={"examples": [{"windows": [{"opens": "09:00", "closes": "12:00"}]}, {"windows": []}]}
    )

    windows: Annotated[list[Opening], Field(max_length=20)]


class OpeningHours(WeeklyHours):
    """One window of a week, wall clock of the resource's zone. Monday is 0; `closes` may be `24:00`."""

    model_config = STRICT

    weekday: Whole = Field(ge=0, le=6)
    opens: Opens
    closes: Closes


class ResourceCreate(Body):
    """Whoever or whatever can be booked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Team A",
                    "time_zone": "Europe/Berlin",
                    "weekly_hours": [{"weekday": 0, "opens": "09:00", "closes": "18:00"}],
                    "service_ids": ["01936c5e-7d80-7000-8000-000000000001"],
                }
            ]
        }
    )

    name: Name
    time_zone: ZoneName
    weekly_hours: Annotated[list[OpeningHours], Field(max_length=100)]
    service_ids: Annotated[list[UUID], Field(max_length=200)]


@routes.post(
    "/v1/resources",
    status_code=201,
    response_model=Resource,
    responses=decided(201, _EXAMPLE, links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_LINKS),
)
@refuses("service_not_found", "validation_error", *SUBMITTING)
async def create_resource(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    body: ResourceCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Add whoever or whatever can be booked."""
    command = CreateResource(**submitter.envelope(request, caller.tenant_id, body, headers), **dict(body))
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.get(
    "/v1/resources",
    response_model=ResourceList,
    responses=shows(200, {"resources": [_EXAMPLE], "next_cursor": None}, links=next_page("list_resources")),
)
@refuses("invalid_cursor", *ASKING)
async def list_resources(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ResourceList:
    """A page of the tenant's resources, newest first."""
    return await call(nats, ListResources(tenant_id=caller.tenant_id, limit=limit, cursor=cursor))


@routes.get(
    "/v1/resources/{resource_id}",
    response_model=Resource,
    responses=shows(200, _EXAMPLE, links={"bookings": _LINKS["bookings"]}) | waiting(LOCATION),
)
@refuses("resource_not_found", "service_not_found", "validation_error", "idempotency_key_reused", *ASKING)
async def get_resource(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    resource_id: UUID,
    follower: Follower,
    command: Annotated[
        UUID | None, Query(description="A change that was answered with 202: whether it waits, or was refused.")
    ] = None,
) -> Resource | Response:
    """One resource; 202 while the command for it still waits; the refusal if it was refused."""
    if command is not None and await follower.waits(CHANGES, caller.tenant_id, resource_id, command):
        return accepted(resource_id, f"{LOCATION}?command={command}")
    resource = await follower.follow(
        CreateResource,
        caller.tenant_id,
        resource_id,
        lambda asked: GetResource(tenant_id=caller.tenant_id, resource_id=asked),
    )
    return resource or accepted(resource_id, LOCATION)


@routes.put(
    OVERRIDE,
    response_model=Resource,
    responses=decided(200, _EXAMPLE, links=_LINKS) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses("resource_not_found", "validation_error", *SUBMITTING)
async def set_override(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    date: Date,
    body: OverrideSet,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Give a date hours of its own, in place of those of the week: a holiday, a long Saturday. Bookings stay."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, resource_id)
    command = OverrideHours(**envelope, date=date, windows=list(body.windows))
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.delete(
    OVERRIDE,
    response_model=Resource,
    responses=decided(200, _EXAMPLE | {"overrides": []}, links=_LINKS)
    | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses("resource_not_found", "validation_error", *SUBMITTING)
async def remove_override(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    date: Date,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """The hours of the week count again on that date."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, resource_id)
    return await submitter.submit(request, RestoreHours(**envelope, date=date), headers, Resource, LOCATION)
