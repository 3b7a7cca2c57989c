"""Holds: a slot kept for a little while, before it is known for whom."""

from typing import Annotated
from uuid import UUID

from fastapi.params import Security
from pydantic import ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Submitter
from gateway.commands.showing import Followed
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import ASKING, EXAMPLE_ID, follows, outcome_at, refuses, shows
from gateway.http.body import NOTHING, STRICT, Body
from gateway.http.headers import SentHeaders
from gateway.http.parameters import FollowedChange
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.holds import CreateHold, ExtendHold, GetHold, Hold, ReleaseHold
from shared.contracts.fields import Minute

routes = api_router("Holds")

LOCATION = "/v1/holds/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
CHANGES = (ExtendHold, ReleaseHold)
"""What can be done with a hold that is there."""
_FOLLOWED = Followed(CreateHold, CHANGES, LOCATION, lambda tenant, asked: GetHold(tenant_id=tenant, hold_id=asked))
_HOLDING = (
    "service_not_found", "resource_not_found", "archived", "slot_taken", "outside_hours", "too_soon", "too_far",
    "time_off", "too_many_holds",
)  # fmt: skip
_ENDED = ("hold_not_found", "hold_closed")
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "status": "held",
    "service_id": "01936c5e-7d80-7000-8000-000000000002",
    "service_name": "Deep clean",
    "resource_id": "01936c5e-7d80-7000-8000-000000000003",
    "resource_name": "Team A",
    "resources": [{"id": "01936c5e-7d80-7000-8000-000000000003", "name": "Team A"}],
    "starts_at": "2026-12-01T08:00:00Z",
    "ends_at": "2026-12-01T10:00:00Z",
    "local_start": "2026-12-01T09:00:00+01:00",
    "time_zone": "Europe/Berlin",
    "expires_at": "2026-11-20T10:15:00Z",
    "extended": False,
    "booking_id": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_LONGER = _EXAMPLE | {"expires_at": "2026-11-20T10:30:00Z", "extended": True}
_LET_GO = _EXAMPLE | {"status": "released"}
_SHOWN = {"hold": follows("get_hold", "The hold.", hold_id="$response.body#/id")}
_NEXT = {
    "extend": follows("extend_hold", "Keep it for longer.", hold_id="$response.body#/id"),
    "release": follows("release_hold", "Let it go.", hold_id="$response.body#/id"),
}
_OUTCOME = outcome_at("get_hold", "hold_id")


class HoldCreate(Body):
    """Which slot is to be kept; without `resource_id` any free resource is taken."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {"service_id": "01936c5e-7d80-7000-8000-000000000001", "starts_at": "2026-12-01T09:00:00+01:00"}
            ]
        }
    )

    service_id: UUID
    resource_id: UUID | None = None
    starts_at: Minute


@routes.post(
    "/v1/holds",
    status_code=201,
    response_model=Hold,
    responses=decided(201, _EXAMPLE, links=_SHOWN | _NEXT) | waiting(LOCATION, "Preference-Applied", links=_SHOWN),
)
@refuses(*_HOLDING, *SUBMITTING)
async def create_hold(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    body: HoldCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Keep a slot for some minutes, before it is known for whom. Book it by its id, as `hold_id`."""
    command = CreateHold(**submitter.envelope(request, caller.tenant_id, body, headers), **dict(body))
    return await submitter.submit(request, command, headers, Hold, LOCATION)


@routes.get(
    "/v1/holds/{hold_id}",
    response_model=Hold,
    responses=shows(200, _EXAMPLE, links=_NEXT) | waiting(LOCATION),
)
@refuses(*_ENDED, "hold_extended", *_HOLDING, "idempotency_key_reused", *ASKING)
async def get_hold(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_READ])],
    hold_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> Hold | Response:
    """One hold; 202 while the command for it still waits; the refusal if it was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, hold_id, command, response)


@routes.post(
    "/v1/holds/{hold_id}/extend",
    response_model=Hold,
    responses=decided(200, _LONGER, links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses(*_ENDED, "hold_extended", *SUBMITTING)
async def extend_hold(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    hold_id: UUID,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Keep a slot for once more its time. That can be done once."""
    command = ExtendHold(**submitter.envelope(request, caller.tenant_id, NOTHING, headers, hold_id))
    return await submitter.submit(request, command, headers, Hold, LOCATION)


@routes.delete(
    "/v1/holds/{hold_id}",
    response_model=Hold,
    responses=decided(200, _LET_GO, links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses(*_ENDED, *SUBMITTING)
async def release_hold(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])],
    hold_id: UUID,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Let a slot go, which is free again then. Doing it twice changes nothing."""
    command = ReleaseHold(**submitter.envelope(request, caller.tenant_id, NOTHING, headers, hold_id))
    return await submitter.submit(request, command, headers, Hold, LOCATION)
