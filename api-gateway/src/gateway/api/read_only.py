"""Read-only mode, for the operator in an incident: turned on, turned back, shown."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from gateway.api.dependencies import Runtime, operator_context
from gateway.audit import Action, note
from gateway.http.answers import ASKING, refuses, shows
from gateway.http.body import Body
from gateway.http.routes import api_router
from gateway.identity.access import OPERATOR_ONLY
from gateway.identity.read_only import ReadOnly, switch, switches
from shared.contracts.fields import ShortText
from shared.persistence.transaction import EVERY_TENANT

routes = api_router("Operator", guard=OPERATOR_ONLY)
SHOWN = 200
"""The most switches that are shown."""

_EXAMPLE = {
    "tenant_id": None,
    "active": True,
    "reason": "restoring the database",
    "changed_at": "2026-11-20T10:00:00Z",
}


class ReadOnlySet(Body):
    """Whether changes are switched off, why, and for whom: everybody, unless a tenant is named."""

    active: bool
    reason: Annotated[ShortText, Field(min_length=1)]
    tenant_id: UUID | None = None


class ReadOnlySwitch(BaseModel):
    """A switch as it stands; without `tenant_id` everybody's."""

    model_config = ConfigDict(from_attributes=True)

    tenant_id: UUID | None
    active: bool
    reason: str
    changed_at: datetime


class ReadOnlyList(BaseModel):
    """The switches that are on, everybody's first; the first 200 of them."""

    read_only: list[ReadOnlySwitch]


@routes.post("/v1/read-only", response_model=ReadOnlySwitch, responses=shows(200, _EXAMPLE))
@refuses("not_found", *ASKING)
async def set_read_only(request: Request, body: ReadOnlySet, runtime: Runtime) -> ReadOnly:
    """Switch changes off or on again. Every gateway follows within five seconds; harmless to repeat."""
    context = operator_context(request, body.reason)
    action = Action.READ_ONLY_ON if body.active else Action.READ_ONLY_OFF
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        turned = await switch(tx.session, body.tenant_id, active=body.active, reason=body.reason)
        whose = f"tenant {body.tenant_id}" if body.tenant_id else "everybody"
        await note(tx.session, context, action, f"read_only {turned.who}", whose, body.tenant_id)
    return turned


@routes.get("/v1/read-only", response_model=ReadOnlyList, responses=shows(200, {"read_only": [_EXAMPLE]}))
@refuses(*ASKING)
async def get_read_only(runtime: Runtime) -> dict[str, object]:
    """For whom changes are switched off, and why."""
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        return {"read_only": await switches(tx.session, SHOWN)}
