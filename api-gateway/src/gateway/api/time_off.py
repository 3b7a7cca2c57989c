"""Times off: leave, closures, repairs. Resources can't be booked then, and bookings that stand there are told."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.showing import Followed
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import ASKING, EXAMPLE_ID, follows, next_page, outcome_at, refuses, shows
from gateway.http.body import NOTHING, STRICT, Body
from gateway.http.headers import SentHeaders
from gateway.http.parameters import Cursor, FollowedChange, Limit, QueryInstant
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.calendars import (
    AddTimeOff,
    GetTimeOff,
    ListTimeOff,
    RemoveTimeOff,
    TimeOff,
    TimeOffDetails,
    TimeOffList,
)
from shared.contracts.fields import Date, Instant, ShortText
from shared.messaging.rpc import call

routes = api_router("Calendar")

LOCATION = "/v1/time-off/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
_TIME_OFF = {
    "id": str(EXAMPLE_ID),
    "resource_ids": ["01936c5e-7d80-7000-8000-000000000003"],
    "starts_at": None,
    "ends_at": None,
    "first_date": "2026-12-24",
    "last_date": "2026-12-26",
    "reason": "Holidays",
    "created_at": "2026-11-20T10:00:00Z",
    "removed_at": None,
}
_EXAMPLE = _TIME_OFF | {
    "conflicts": [
        {
            "booking_id": "01936c5e-7d80-7000-8000-000000000004",
            "resource_id": "01936c5e-7d80-7000-8000-000000000003",
            "starts_at": "2026-12-24T08:00:00Z",
            "ends_at": "2026-12-24T10:00:00Z",
            "local_start": "2026-12-24T09:00:00+01:00",
            "time_zone": "Europe/Berlin",
        }
    ],
    "conflict_count": 1,
}
_REMOVED = _TIME_OFF | {"removed_at": "2026-11-21T10:00:00Z"}
_SHOWN = {"time_off": follows("get_time_off", "The time off.", time_off_id="$response.body#/id")}
_REMOVES = {"remove": follows("remove_time_off", "Take it back.", time_off_id="$response.body#/id")}
_OUTCOME = outcome_at("get_time_off", "time_off_id")
_FOLLOWED = Followed(
    AddTimeOff, (RemoveTimeOff,), LOCATION, lambda tenant, asked: GetTimeOff(tenant_id=tenant, time_off_id=asked)
)


class TimeOffCreate(Body):
    """When which resources are off: two instants, or two local dates, the last one included. Without `resource_ids`
    all resources are, those that come later as well."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "resource_ids": ["01936c5e-7d80-7000-8000-000000000003"],
                    "first_date": "2026-12-24",
                    "last_date": "2026-12-26",
                    "reason": "Holidays",
                },
                {"starts_at": "2026-12-01T12:00:00+01:00", "ends_at": "2026-12-01T14:00:00+01:00"},
            ]
        }
    )

    resource_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    first_date: Date | None = None
    last_date: Date | None = None
    reason: ShortText | None = None


@routes.post(
    "/v1/time-off",
    status_code=201,
    response_model=TimeOffDetails,
    responses=decided(201, _EXAMPLE, links=_SHOWN | _REMOVES) | waiting(LOCATION, "Preference-Applied", links=_SHOWN),
)
@refuses("resource_not_found", "validation_error", *SUBMITTING)
async def create_time_off(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    body: TimeOffCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Take resources out of the calendar for a time. Bookings that stand there stay: `conflicts` names the first
    hundred of them, `conflict_count` counts all."""
    command = AddTimeOff(**submitter.envelope(request, caller.tenant_id, body, headers), **dict(body))
    return await submitter.submit(request, command, headers, TimeOffDetails, LOCATION)


@routes.get(
    "/v1/time-off",
    response_model=TimeOffList,
    responses=shows(
        200,
        {"time_off": [_TIME_OFF], "next_cursor": None},
        links=next_page("list_time_off", "resource_id", "from", "to"),
    ),
)
@refuses("invalid_cursor", *ASKING)
async def list_time_off(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    resource_id: UUID | None = None,
    ends_from: Annotated[
        QueryInstant | None, Query(alias="from", description="Only what is not over by then, on any clock.")
    ] = None,
    starts_to: Annotated[
        QueryInstant | None, Query(alias="to", description="Only what begins before, on any clock.")
    ] = None,
) -> TimeOffList:
    """A page of the tenant's times off, newest first, without those that were removed."""
    query = ListTimeOff(
        tenant_id=caller.tenant_id,
        limit=limit,
        cursor=cursor,
        resource_id=resource_id,
        ends_from=ends_from,
        starts_to=starts_to,
    )
    return await call(nats, query)


@routes.get(
    "/v1/time-off/{time_off_id}",
    response_model=TimeOffDetails,
    responses=shows(200, _EXAMPLE, links=_REMOVES) | waiting(LOCATION),
)
@refuses("time_off_not_found", "resource_not_found", "validation_error", "idempotency_key_reused", *ASKING)
async def get_time_off(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    time_off_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> TimeOffDetails | Response:
    """One time off with the bookings that stand in it now; 202 while the command for it still waits; the refusal if it
    was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, time_off_id, command, response)


@routes.delete(
    "/v1/time-off/{time_off_id}",
    response_model=TimeOff,
    responses=decided(200, _REMOVED, links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses("time_off_not_found", *SUBMITTING)
async def remove_time_off(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_WRITE])],
    time_off_id: UUID,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """The resources can be booked again as their hours say. Removing it twice changes nothing."""
    command = RemoveTimeOff(**submitter.envelope(request, caller.tenant_id, NOTHING, headers, time_off_id))
    return await submitter.submit(request, command, headers, TimeOff, LOCATION)
