"""Tenants, for the operator. No quota: there is one operator."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request

from gateway.api.dependencies import Runtime, operator_context
from gateway.audit import Action, note
from gateway.http.answers import ASKING, EXAMPLE_ID, follows, next_page, refuses, shows
from gateway.http.body import Body
from gateway.http.parameters import Cursor, Limit
from gateway.http.routes import api_router
from gateway.identity import model, tenants
from gateway.identity.access import OPERATOR_ONLY
from shared.contracts.fields import Name
from shared.persistence.transaction import EVERY_TENANT

routes = api_router("Operator", guard=OPERATOR_ONLY)


_EXAMPLE = {"id": str(EXAMPLE_ID), "name": "Clean & Co", "created_at": "2026-11-20T10:00:00Z"}
_LINKS = {"api_keys": follows("list_api_keys", "Its keys.", tenant_id="$response.body#/id")}


class TenantCreate(Body):
    """A business; its customers read this name."""

    name: Name


class Tenant(BaseModel):
    """A business that uses this installation."""

    id: UUID
    name: str
    created_at: datetime


class TenantList(BaseModel):
    """Tenants, newest first; `next_cursor` is null on the last page."""

    tenants: list[Tenant]
    next_cursor: str | None


@routes.post("/v1/tenants", status_code=201, response_model=Tenant, responses=shows(201, _EXAMPLE, links=_LINKS))
@refuses(*ASKING)
async def create_tenant(request: Request, body: TenantCreate, runtime: Runtime) -> model.Tenant:
    """Add a business to this installation."""
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        tenant = await tenants.add_tenant(tx.session, body.name)
        context = operator_context(request)
        await note(tx.session, context, Action.TENANT_CREATED, f"tenant {tenant.id}", tenant.name, tenant.id)
    return tenant


@routes.get(
    "/v1/tenants",
    response_model=TenantList,
    responses=shows(200, {"tenants": [_EXAMPLE], "next_cursor": None}, links=next_page("list_tenants")),
)
@refuses("invalid_cursor", *ASKING)
async def list_tenants(runtime: Runtime, limit: Limit = 50, cursor: Cursor = None) -> dict[str, object]:
    """A page of tenants, newest first."""
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        page, next_cursor = await tenants.list_tenants(tx.session, limit, cursor)
    return {"tenants": page, "next_cursor": next_cursor}
