"""Locations: where resources are."""

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
from shared.contracts.booking.catalog import Archived
from shared.contracts.booking.locations import (
    Address,
    ArchiveLocation,
    ChangeLocation,
    CreateLocation,
    GetLocation,
    ListLocations,
    Location,
    LocationList,
    RestoreLocation,
)
from shared.contracts.fields import Country, KnownZone, Name
from shared.messaging.rpc import call

routes = api_router("Catalog")

LOCATION = "/v1/locations/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
CHANGES = (ChangeLocation, ArchiveLocation, RestoreLocation)
"""What can be done with a location that is there."""
_FOLLOWED = Followed(
    CreateLocation, CHANGES, LOCATION, lambda tenant, asked: GetLocation(tenant_id=tenant, location_id=asked)
)
_CHANGING = ("location_not_found", "version_conflict")
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "name": "Depot North",
    "time_zone": "Europe/London",
    "address": {
        "lines": ["1 High Street"],
        "locality": "London",
        "postal_code": "N1 1AA",
        "region": None,
        "country": "GB",
    },
    "version": 1,
    "archived_at": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_ARCHIVED = _EXAMPLE | {"version": 2, "archived_at": "2026-11-21T10:00:00Z"}
_LINKS = {
    "location": follows("get_location", "The location.", location_id="$response.body#/id"),
    "resources": follows("list_resources", "What is there.", location_id="$response.body#/id"),
    "change": follows("change_location", "Change it.", location_id="$response.body#/id"),
}
_SHOWN = {"location": _LINKS["location"]}
_OUTCOME = outcome_at("get_location", "location_id")
_CHANGE = decided(200, _EXAMPLE, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)
_PUT_AWAY = decided(200, _ARCHIVED, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)
_Lines = Annotated[list[Name], Field(max_length=5)]


class PostalAddress(Address):
    """A postal address, as it is written there. In a patch, members that are left out stay; null takes one away."""

    model_config = STRICT

    lines: _Lines = Field(default_factory=list)
    locality: Name | None = None
    postal_code: Name | None = None
    region: Name | None = None
    country: Country | None = None


class LocationPatch(Body):
    """What is to be different; what is left out stays (RFC 7396). Only members of the address can be taken away."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [{"address": {"lines": ["2 High Street"]}}]})

    name: Name = unchanged()
    time_zone: KnownZone = unchanged()
    address: PostalAddress = unchanged()


class LocationCreate(Body):
    """A place where resources are. Without a `time_zone` it has that of the settings."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Depot North",
                    "time_zone": "Europe/London",
                    "address": {"lines": ["1 High Street"], "locality": "London", "country": "GB"},
                }
            ]
        }
    )

    name: Name
    time_zone: KnownZone | None = None
    address: PostalAddress | None = None


@routes.post(
    "/v1/locations",
    status_code=201,
    response_model=Location,
    responses=decided(201, _EXAMPLE, "ETag", links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_SHOWN),
)
@refuses(*SUBMITTING)
async def create_location(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    body: LocationCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Add a place where resources can be."""
    time_zone = body.time_zone or caller.time_zone
    if time_zone is None:
        raise invalid([FieldError(field="time_zone", message="is needed: the settings have none")])
    address = Address(**dict(body.address)) if body.address else Address()
    envelope = submitter.envelope(request, caller.tenant_id, body, headers)
    command = CreateLocation(**envelope, name=body.name, time_zone=time_zone, address=address)
    return await submitter.submit(request, command, headers, Location, LOCATION)


@routes.get(
    "/v1/locations",
    response_model=LocationList,
    responses=shows(200, {"locations": [_EXAMPLE], "next_cursor": None}, links=next_page("list_locations", "archived")),
)
@refuses("invalid_cursor", *ASKING)
async def list_locations(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    archived: ShowArchived = Archived.NO,
) -> LocationList:
    """A page of the tenant's locations, newest first."""
    return await call(nats, ListLocations(tenant_id=caller.tenant_id, limit=limit, cursor=cursor, archived=archived))


@routes.get(
    "/v1/locations/{location_id}",
    response_model=Location,
    responses=shows(200, _EXAMPLE, "ETag", links={name: _LINKS[name] for name in ("resources", "change")})
    | waiting(LOCATION)
    | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses("idempotency_key_reused", *_CHANGING, *ASKING)
async def get_location(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    location_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> Location | Response:
    """One location, archived or not; 202 while a command for it still waits; the refusal if it was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, location_id, command, response)


@routes.patch("/v1/locations/{location_id}", response_model=Location, responses=_CHANGE)
@refuses(*_CHANGING, *SUBMITTING)
async def change_location(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    location_id: UUID,
    body: LocationPatch,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Change a location. Another zone is that of the resources there which had its; what is booked stays."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, location_id)
    said = given(body)
    if "address" in said:
        said["address"] = body.address.model_dump(exclude_unset=True)
    command = ChangeLocation(**envelope, **said, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Location, LOCATION)


@routes.post("/v1/locations/{location_id}/archive", response_model=Location, responses=_PUT_AWAY)
@refuses(*_CHANGING, *SUBMITTING)
async def archive_location(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    location_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Put no more resources there. Those that are there stay. Doing so twice changes nothing."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, location_id)
    command = ArchiveLocation(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Location, LOCATION)


@routes.post("/v1/locations/{location_id}/restore", response_model=Location, responses=_CHANGE)
@refuses(*_CHANGING, *SUBMITTING)
async def restore_location(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    location_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Let resources be put there again."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, location_id)
    command = RestoreLocation(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Location, LOCATION)
