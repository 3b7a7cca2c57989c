"""The operator's routes: tenants and their API keys. No quota: there is one operator."""

import re
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway import model
from gateway.body import read_json
from gateway.gateway import OPERATOR_ONLY, gateway_of, operator
from gateway.keys import Scope, make_key
from gateway.paging import Cursor, Limit, check_cursor, invalid_cursor
from gateway.responses import show
from gateway.routing import OPERATOR_PROBLEMS, SECURITY, LeanRoute, problems, takes
from gateway.schemas import (
    ApiKeyCreated,
    ApiKeyPage,
    ApiKeyShown,
    NewApiKey,
    NewTenant,
    TenantPage,
    TenantShown,
)
from shared.errors import NotFound
from shared.persistence.transaction import EVERY_TENANT

writes = APIRouter(route_class=LeanRoute, tags=["Operator"])
reads = APIRouter(tags=["Operator"], dependencies=[OPERATOR_ONLY])

_KEY_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


@writes.post(
    "/v1/tenants",
    status_code=201,
    response_model=TenantShown,
    responses=OPERATOR_PROBLEMS,
    openapi_extra=takes(NewTenant),
)
async def create_tenant(request: Request) -> Response:
    """Add a business to this installation."""
    await operator(request)
    body = await read_json(request, NewTenant)
    async with gateway_of(request).service.context().transaction(EVERY_TENANT) as tx:
        tenant = await model.add_tenant(tx.session, body.name)
    return show(TenantShown.model_validate(tenant), 201)


@reads.get(
    "/v1/tenants",
    response_model=TenantPage,
    responses=problems(400, 401, 403, 422, 503),
    openapi_extra={"security": SECURITY},
)
async def list_tenants(request: Request, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """A page of tenants, newest first."""
    try:
        after = UUID(cursor) if (cursor := check_cursor(cursor)) else None
    except ValueError:
        raise invalid_cursor() from None
    async with gateway_of(request).service.context().transaction(EVERY_TENANT) as tx:
        tenants = await model.list_tenants(tx.session, limit + 1, after)
    shown = [TenantShown.model_validate(t) for t in tenants[:limit]]
    return show(TenantPage(tenants=shown, next_cursor=str(shown[-1].id) if len(tenants) > limit else None))


@writes.post(
    "/v1/api-keys",
    status_code=201,
    response_model=ApiKeyCreated,
    responses=OPERATOR_PROBLEMS,
    openapi_extra=takes(NewApiKey),
)
async def create_api_key(request: Request) -> Response:
    """Make a key for a tenant. Keep the answer's `key`: it is not shown again."""
    await operator(request)
    body = await read_json(request, NewApiKey)
    key = make_key()
    scopes = frozenset(body.scopes or Scope)
    async with gateway_of(request).service.context().transaction(EVERY_TENANT) as tx:
        row = await model.add_key(tx.session, key, body.tenant_id, body.name, scopes, body.expires_at)
    return show(ApiKeyCreated(**ApiKeyShown.model_validate(row).model_dump(), key=key.text), 201)


@reads.get(
    "/v1/api-keys",
    response_model=ApiKeyPage,
    responses=problems(400, 401, 403, 422, 503),
    openapi_extra={"security": SECURITY},
)
async def list_api_keys(
    request: Request, limit: Limit = 50, cursor: Cursor = None, tenant_id: UUID | None = None
) -> Response:
    """A page of keys, without their secrets; revoked ones too."""
    after = check_cursor(cursor)
    if after and not _KEY_ID.fullmatch(after):
        raise invalid_cursor()
    async with gateway_of(request).service.context().transaction(EVERY_TENANT) as tx:
        keys = await model.list_keys(tx.session, limit + 1, after, tenant_id)
    shown = [ApiKeyShown.model_validate(k) for k in keys[:limit]]
    return show(ApiKeyPage(api_keys=shown, next_cursor=shown[-1].id if len(keys) > limit else None))


@writes.delete(
    "/v1/api-keys/{key_id}",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404, 503),
    openapi_extra={
        "security": SECURITY,
        "parameters": [{"name": "key_id", "in": "path", "required": True, "schema": {"type": "string"}}],
    },
)
async def revoke_api_key(request: Request) -> Response:
    """End a key for good. Every gateway stops honouring it within five seconds."""
    await operator(request)
    gateway = gateway_of(request)
    key_id: str = request.path_params["key_id"]
    if not _KEY_ID.fullmatch(key_id):
        raise NotFound("There is no key of that id.")
    async with gateway.service.context().transaction(EVERY_TENANT) as tx:
        await model.revoke_key(tx.session, key_id)
    gateway.authenticator.forget(key_id)
    return Response(status_code=204)
