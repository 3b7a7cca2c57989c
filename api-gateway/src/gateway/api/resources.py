"""Resources: whoever or whatever can be booked."""

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
    ArchiveResource,
    ChangeResource,
    CreateResource,
    GetResource,
    ListResources,
    OpenWindow,
    OverrideHours,
    Resource,
    ResourceList,
    RestoreHours,
    RestoreResource,
    WeeklyHours,
)
from shared.contracts.fields import Closes, Date, Kind, Name, Opens, Whole, ZoneName
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
    "location_id": None,
    "kind": "team",
    "capacity": 1,
    "version": 1,
    "archived_at": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_ARCHIVED = _EXAMPLE | {"version": 2, "archived_at": "2026-11-21T10:00:00Z"}
_LINKS = {
    "resource": follows("get_resource", "The resource.", resource_id="$response.body#/id"),
    "bookings": follows("list_bookings", "Its bookings.", resource_id="$response.body#/id"),
    "change": follows("change_resource", "Change it.", resource_id="$response.body#/id"),
}
_OUTCOME = outcome_at("get_resource", "resource_id")


CHANGES = (ChangeResource, ArchiveResource, RestoreResource, OverrideHours, RestoreHours)
"""What can be done with a resource that is there."""
_FOLLOWED = Followed(
    CreateResource, CHANGES, LOCATION, lambda tenant, asked: GetResource(tenant_id=tenant, resource_id=asked)
)
_CHANGING = ("resource_not_found", "version_conflict")
_CHANGE = decided(200, _EXAMPLE, "ETag", links=_LINKS) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)
_PUT_AWAY = decided(200, _ARCHIVED, "ETag", links=_LINKS) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)


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


class ResourcePatch(Body):
    """What is to be different; what is left out stays (RFC 7396). No member can be taken away."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [{"name": "Team B"}]})

    name: Name = unchanged()
    time_zone: ZoneName = unchanged()
    weekly_hours: Annotated[list[OpeningHours], Field(max_length=100)] = unchanged()
    service_ids: Annotated[list[UUID], Field(max_length=200)] = unchanged()
    kind: Kind = unchanged()
    capacity: Whole = unchanged(ge=1, le=100)
    location_id: UUID = unchanged()


class ResourceCreate(Body):
    """Whoever or whatever can be booked. Without a `time_zone` it has that of its location, or else that of the
    settings."""

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
    time_zone: ZoneName | None = None
    weekly_hours: Annotated[list[OpeningHours], Field(max_length=100)]
    service_ids: Annotated[list[UUID], Field(max_length=200)]
    kind: Kind | None = None
    capacity: Whole = Field(default=1, ge=1, le=100)
    location_id: UUID | None = None


@routes.post(
    "/v1/resources",
    status_code=201,
    response_model=Resource,
    responses=decided(201, _EXAMPLE, "ETag", links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_LINKS),
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
    time_zone = body.time_zone or (caller.time_zone if body.location_id is None else "")
    if time_zone is None:
        raise invalid([FieldError(field="time_zone", message="is needed: the settings have none")])
    said = dict(body) | {"time_zone": time_zone}
    command = CreateResource(**submitter.envelope(request, caller.tenant_id, body, headers), **said)
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.get(
    "/v1/resources",
    response_model=ResourceList,
    responses=shows(
        200,
        {"resources": [_EXAMPLE], "next_cursor": None},
        links=next_page("list_resources", "archived", "location_id"),
    ),
)
@refuses("invalid_cursor", *ASKING)
async def list_resources(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    archived: ShowArchived = Archived.NO,
    location_id: UUID | None = None,
) -> ResourceList:
    """A page of the tenant's resources, newest first."""
    query = ListResources(
        tenant_id=caller.tenant_id, limit=limit, cursor=cursor, archived=archived, location_id=location_id
    )
    return await call(nats, query)


@routes.get(
    "/v1/resources/{resource_id}",
    response_model=Resource,
    responses=shows(200, _EXAMPLE, "ETag", links={"bookings": _LINKS["bookings"], "change": _LINKS["change"]})
    | waiting(LOCATION)
    | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses(
    "resource_not_found", "service_not_found", "version_conflict", "validation_error", "idempotency_key_reused", *ASKING
)
async def get_resource(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    resource_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> Resource | Response:
    """One resource; 202 while the command for it still waits; the refusal if it was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, resource_id, command, response)


@routes.put(
    OVERRIDE,
    response_model=Resource,
    responses=_CHANGE,
)
@refuses("validation_error", *_CHANGING, *SUBMITTING)
async def set_override(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    date: Date,
    body: OverrideSet,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Give a date hours of its own, in place of those of the week: a holiday, a long Saturday. Bookings stay."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, resource_id)
    command = OverrideHours(**envelope, date=date, windows=list(body.windows), expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.delete(
    OVERRIDE,
    response_model=Resource,
    responses=_CHANGE,
)
@refuses("validation_error", *_CHANGING, *SUBMITTING)
async def remove_override(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    date: Date,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """The hours of the week count again on that date."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, resource_id)
    command = RestoreHours(**envelope, date=date, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.patch("/v1/resources/{resource_id}", response_model=Resource, responses=_CHANGE)
@refuses("service_not_found", "validation_error", *_CHANGING, *SUBMITTING)
async def change_resource(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    body: ResourcePatch,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Change a resource. Bookings that stand there stay, whatever its hours are then."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, resource_id)
    command = ChangeResource(**envelope, **given(body), expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.post("/v1/resources/{resource_id}/archive", response_model=Resource, responses=_PUT_AWAY)
@refuses(*_CHANGING, *SUBMITTING)
async def archive_resource(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Let a resource take no new bookings. Those that it has stay. Doing so twice changes nothing."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, resource_id)
    command = ArchiveResource(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Resource, LOCATION)


@routes.post("/v1/resources/{resource_id}/restore", response_model=Resource, responses=_CHANGE)
@refuses(*_CHANGING, *SUBMITTING)
async def restore_resource(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    resource_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Let an archived resource take bookings again."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, resource_id)
    command = RestoreResource(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Resource, LOCATION)
