"""API keys, for the operator: made, listed, replaced, revoked. No quota: there is one operator."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Runtime, operator_context
from gateway.audit import Action, note
from gateway.http.answers import ASKING, EXAMPLE_ID, follows, next_page, refuses, shows
from gateway.http.body import Body
from gateway.http.parameters import Cursor, Limit
from gateway.http.problems import FieldError, invalid
from gateway.http.routes import api_router
from gateway.identity.access import OPERATOR_ONLY, access_of
from gateway.identity.key_store import KeyRights, add_key, list_keys, revoke_key, rotate_key
from gateway.identity.keys import key_id_of, make_key
from gateway.identity.model import ApiKey as StoredApiKey
from gateway.identity.roles import Role
from gateway.identity.scopes import Scope
from shared.clock import utc_now
from shared.contracts.fields import Instant, Name, Whole
from shared.errors import NotFound
from shared.persistence.transaction import EVERY_TENANT

routes = api_router("Operator", guard=OPERATOR_ONLY)


_EXAMPLE = {
    "id": "0123456789abcdef",
    "tenant_id": str(EXAMPLE_ID),
    "name": "web shop",
    "role": None,
    "scopes": ["bookings:read", "bookings:write"],
    "created_at": "2026-11-20T10:00:00Z",
    "expires_at": None,
    "replaced_by": None,
    "revoked_at": None,
    "last_used_at": None,
}
_MADE = _EXAMPLE | {"key": "tb_live_0123456789abcdef_…"}
_LINKS = {
    "revoke": follows("revoke_api_key", "End it for good.", key_id="$response.body#/id"),
    "rotate": follows("rotate_api_key", "Make its successor.", key_id="$response.body#/id"),
}
GRACE_SECONDS = 24 * 3600
"""How long a replaced key lives on unless the operator says otherwise: programs get their new one meanwhile."""
GRACE_LIMIT = 30 * 24 * 3600


class ApiKeyCreate(Body):
    """A key for a tenant, with a `role` or `scopes`; without both it may do everything, what comes later as well."""

    tenant_id: UUID
    name: Name
    role: Annotated[Role, Field(strict=False)] | None = None
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1, max_length=20)] | None = None
    expires_at: Instant | None = None


class ApiKeyRotate(Body):
    """For how long the old key lives on beside its successor, and when the successor ends, if not as the old one."""

    grace_seconds: Whole = Field(default=GRACE_SECONDS, ge=0, le=GRACE_LIMIT)
    expires_at: Instant | None = None


WITH_GRACE = ApiKeyRotate()


class ApiKey(BaseModel):
    """What may be seen of a key. `scopes` is what it may do today; `replaced_by` is its successor, if it has one."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    tenant_id: UUID
    name: str
    role: str | None
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    replaced_by: str | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class ApiKeyCreated(ApiKey):
    """A new key. `key` is shown this once and can't be had again."""

    key: str


class ApiKeyList(BaseModel):
    """Keys in the order of their ids; `next_cursor` is null on the last page."""

    api_keys: list[ApiKey]
    next_cursor: str | None


@refuses("not_found")
async def known_form(key_id: str) -> str:
    """A key's id. Raises `NotFound` for what can't be one."""
    try:
        return key_id_of(key_id)
    except ValueError:
        raise NotFound("There is no key of that id.") from None


@routes.post("/v1/api-keys", status_code=201, response_model=ApiKeyCreated, responses=shows(201, _MADE, links=_LINKS))
@refuses("not_found", *ASKING)
async def create_api_key(request: Request, body: ApiKeyCreate, runtime: Runtime) -> ApiKeyCreated:
    """Make a key for a tenant. Keep the answer's `key`: it is not shown again."""
    if body.role is not None and body.scopes is not None:
        raise invalid([FieldError(field="scopes", message="give a role or scopes, not both")])
    _must_lie_ahead(body.expires_at)
    key = make_key()
    rights = KeyRights(body.name, body.role, body.scopes, body.expires_at)
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        row = await add_key(tx.session, key, body.tenant_id, rights)
        context = operator_context(request)
        await note(tx.session, context, Action.KEY_CREATED, _object(row.id), _described(row), row.tenant_id)
    return ApiKeyCreated(**ApiKey.model_validate(row).model_dump(), key=key.text)


@routes.post(
    "/v1/api-keys/{key_id}/rotate",
    status_code=201,
    response_model=ApiKeyCreated,
    responses=shows(201, _MADE, links=_LINKS),
)
@refuses("api_key_closed", *ASKING)
async def rotate_api_key(
    request: Request,
    key_id: Annotated[str, Depends(known_form)],
    runtime: Runtime,
    body: ApiKeyRotate = WITH_GRACE,
) -> ApiKeyCreated:
    """Make a key's successor, with its name and rights. The old one lives on for `grace_seconds`, a day if not said."""
    _must_lie_ahead(body.expires_at)
    key = make_key()
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        row = await rotate_key(tx.session, key, key_id, timedelta(seconds=body.grace_seconds), body.expires_at)
        details = f"by {row.id}, after {body.grace_seconds} s; {_described(row)}"
        context = operator_context(request)
        await note(tx.session, context, Action.KEY_ROTATED, _object(key_id), details, row.tenant_id)
    access_of(request).forget(key_id)
    return ApiKeyCreated(**ApiKey.model_validate(row).model_dump(), key=key.text)


@routes.get(
    "/v1/api-keys",
    response_model=ApiKeyList,
    responses=shows(200, {"api_keys": [_EXAMPLE], "next_cursor": None}, links=next_page("list_api_keys", "tenant_id")),
)
@refuses("invalid_cursor", *ASKING)
async def list_api_keys(
    runtime: Runtime, limit: Limit = 50, cursor: Cursor = None, tenant_id: UUID | None = None
) -> dict[str, object]:
    """A page of keys, without their secrets; revoked ones too."""
    async with runtime.context().transaction(EVERY_TENANT if tenant_id is None else {tenant_id}) as tx:
        page, next_cursor = await list_keys(tx.session, limit, cursor, tenant_id)
    return {"api_keys": page, "next_cursor": next_cursor}


@routes.delete("/v1/api-keys/{key_id}", status_code=204, response_class=Response)
@refuses("not_found", *ASKING)
async def revoke_api_key(request: Request, key_id: Annotated[str, Depends(known_form)], runtime: Runtime) -> None:
    """End a key for good. Every gateway stops honouring it within five seconds."""
    async with runtime.context().transaction(EVERY_TENANT) as tx:
        revoked = await revoke_key(tx.session, key_id)
        if revoked is not None:
            context = operator_context(request)
            about = revoked.tenant_id
            await note(tx.session, context, Action.KEY_REVOKED, _object(key_id), _described(revoked), about)
    access_of(request).forget(key_id)


def _must_lie_ahead(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= utc_now():
        raise invalid([FieldError(field="expires_at", message="has passed already")])


def _object(key_id: str) -> str:
    return f"api_key {key_id}"


def _described(key: StoredApiKey) -> str:
    """A key in the words of the audit log, for those who read it when the key itself may be gone."""
    rights = f"role {key.role}" if key.role else f"scopes {', '.join(key.stored_scopes)}"
    ends = key.end_by_itself.isoformat() if key.end_by_itself else "never"
    return f"of tenant {key.tenant_id}, named {key.name}, {rights}, ends {ends}"
