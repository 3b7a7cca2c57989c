"""Availability: when a service can be booked."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.params import Security
from starlette.responses import Response

from gateway.api.dependencies import Nats
from gateway.http.answers import ASKING, again, follows, refuses, shows
from gateway.http.parameters import QueryInstant
from gateway.http.problems import FieldError, invalid
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.contracts.booking.availability import FindSlots, Granularity, SlotList
from shared.messaging.rpc import call_unread

routes = api_router("Availability")

LONGEST_SEARCH = timedelta(days=62)
_EXAMPLE = {
    "slots": [
        {
            "starts_at": "2026-12-01T08:00:00Z",
            "ends_at": "2026-12-01T10:00:00Z",
            "local_start": "2026-12-01T09:00:00+01:00",
            "time_zone": "Europe/Berlin",
            "resource_ids": ["01936c5e-7d80-7000-8000-000000000002"],
        }
    ],
    "days": None,
    "candidates": None,
    "next_from": None,
}
_LINKS = {
    "next_part": follows(
        "find_slots",
        "What comes after, unless `next_from` is null.",
        **{"from": "$response.body#/next_from"},
        **again("service_id", "to", "resource_id", "granularity", "explain"),
    )
}


@routes.get("/v1/availability", response_model=SlotList, responses=shows(200, _EXAMPLE, links=_LINKS))
@refuses("service_not_found", "resource_not_found", "archived", *ASKING)
async def find_slots(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CATALOG_READ])],
    nats: Nats,
    service_id: UUID,
    from_: Annotated[QueryInstant, Query(alias="from")],
    to: Annotated[QueryInstant, Query(description="At most 62 days after `from`.")],
    resource_id: UUID | None = None,
    granularity: Annotated[Granularity, Query(description="`day`: which dates have anything.")] = Granularity.SLOT,
    explain: Annotated[bool, Query(description="Each step on each resource, with the rule that refuses it.")] = False,
) -> Response:
    """Free slots that start in `[from, to)`. What is offered can be booked, until somebody else does.

    One answer holds some hundreds of slots of many resources, or some thousands of one. If `next_from` is given,
    there may be more: ask again with that as `from`.
    """
    if not from_ < to:
        raise invalid([FieldError(field="to", message="must be after `from`")])
    if to - from_ > LONGEST_SEARCH:
        raise invalid([FieldError(field="to", message=f"must be within {LONGEST_SEARCH.days} days of `from`")])
    query = FindSlots(
        tenant_id=caller.tenant_id,
        service_id=service_id,
        from_=from_,
        to=to,
        resource_id=resource_id,
        granularity=granularity,
        explain=explain,
    )
    # What is shown is the contract itself: thousands of slots are passed on as they come.
    return Response(await call_unread(nats, query, timeout=5), media_type="application/json")
