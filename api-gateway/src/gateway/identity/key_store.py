"""Keys in the database: made, found, listed, revoked, and when they were last used."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.http.problems import Problem
from gateway.identity.authenticator import Caller, StoredKey
from gateway.identity.keys import NewKey, key_id_of
from gateway.identity.model import ApiKey, Tenant
from gateway.identity.roles import Role, allowed_scopes
from gateway.identity.scopes import Scope, stored_scopes
from shared.clock import utc_now
from shared.errors import NotFound
from shared.persistence.paging import decode_cursor, encode_cursor
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime

# Strangers' keys are looked up as well: what this costs, anybody can have as often as he likes.
_USABLE = """
    SELECT api_keys.id, tenant_id, tenants.name AS tenant_name, country, currency, time_zone,
        secret_sha256, role, scopes,
        least(expires_at, retires_at) AS expires_at,
        EXISTS (SELECT FROM read_only WHERE who IN ('*', tenant_id::text) AND active) AS read_only
    FROM api_keys JOIN tenants ON tenants.id = tenant_id
    WHERE api_keys.id = ANY($1::text[]) AND revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What a new key is for, may do, and when it ends: a role or scopes; neither is everything."""

    name: str
    role: Role | None = None
    scopes: Iterable[Scope] | None = None
    expires_at: datetime | None = None


class KeyStore:
    """Looks keys up for the authenticator and records their use."""

    def __init__(self, service: ServiceRuntime) -> None:
        self._service = service
        self._used: set[str] = set()

    async def look_up(self, key_ids: Sequence[str]) -> dict[str, StoredKey]:
        """The usable keys of these ids, in one query; unknown and revoked ones are left out. Raises `Unavailable`."""
        async with self._service.context().transaction(EVERY_TENANT) as tx:
            rows = await tx.driver.fetch(_USABLE, list(key_ids))
        return {row["id"]: _stored(row) for row in rows}

    def note_use(self, key_id: str) -> None:
        """Remember that this key was used, for the next `record_use`."""
        self._used.add(key_id)

    async def record_use(self) -> None:
        """Write `last_used_at` of the keys used since the last call; sampled, since a write a request would cost."""
        used, self._used = self._used, set()
        if used:
            async with self._service.context().transaction(EVERY_TENANT) as tx:
                await tx.session.execute(
                    update(ApiKey).where(ApiKey.id.in_(sorted(used))).values(last_used_at=utc_now())
                )


def _stored(row: Mapping[str, Any]) -> StoredKey:
    scopes = allowed_scopes(row["role"], row["scopes"])
    caller = Caller(
        key_id=row["id"],
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        scopes=scopes,
        read_only=row["read_only"],
        country=row["country"],
        currency=row["currency"],
        time_zone=row["time_zone"],
    )
    return StoredKey(row["secret_sha256"], caller, row["expires_at"])


async def add_key(session: AsyncSession, key: NewKey, tenant_id: UUID, rights: KeyRights) -> ApiKey:
    """Store a new key of a tenant; without role and scopes it may do everything.

    Raises `NotFound` if there is no such tenant.
    """
    if await session.get(Tenant, tenant_id) is None:
        raise NotFound("There is no tenant of that id.")
    row = ApiKey(
        id=key.id,
        tenant_id=tenant_id,
        name=rights.name,
        secret_sha256=key.digest,
        role=rights.role,
        stored_scopes=[] if rights.role else stored_scopes(rights.scopes),
        end_by_itself=rights.expires_at,
    )
    return await _stored_row(session, row)


async def rotate_key(
    session: AsyncSession, key: NewKey, key_id: str, grace: timedelta, expires_at: datetime | None
) -> ApiKey:
    """Store the successor of a key, with its name and rights; the old one lives on for the grace time at most.

    Without an end of its own the successor ends when the old one would have. Raises `NotFound` for an unknown key, 409
    `api_key_closed` for one that is revoked, expired or replaced already: a key has one successor.
    """
    old = await session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if old is None:
        raise NotFound("There is no key of that id.")
    now = utc_now()
    if old.replaced_by or old.revoked_at or (old.expires_at and old.expires_at <= now):
        successor_named = {"replaced_by": old.replaced_by} if old.replaced_by else {}
        raise Problem(409, "The key is revoked, expired or replaced.", "api_key_closed", extra=successor_named)
    row = ApiKey(
        id=key.id,
        tenant_id=old.tenant_id,
        name=old.name,
        secret_sha256=key.digest,
        role=old.role,
        stored_scopes=old.stored_scopes,
        end_by_itself=expires_at or old.end_by_itself,
    )
    successor = await _stored_row(session, row)
    old.replaced_by, old.retires_at = successor.id, now + grace
    await session.flush()
    return successor


async def _stored_row(session: AsyncSession, row: ApiKey) -> ApiKey:
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def list_keys(
    session: AsyncSession, limit: int, cursor: str | None, tenant_id: UUID | None
) -> tuple[list[ApiKey], str | None]:
    """A page of keys in the order of their ids, optionally of one tenant, and the cursor of the next.

    Raises `InvalidCursor`.
    """
    scope = f"api_keys.{tenant_id or '*'}"
    query = select(ApiKey).order_by(ApiKey.id).limit(limit + 1)
    if cursor is not None:
        (after,) = decode_cursor(scope, cursor, key_id_of)
        query = query.where(ApiKey.id > after)
    if tenant_id is not None:
        query = query.where(ApiKey.tenant_id == tenant_id)
    keys = list(await session.scalars(query))
    if len(keys) <= limit:
        return keys, None
    return keys[:limit], encode_cursor(scope, keys[limit - 1].id)


async def revoke_key(session: AsyncSession, key_id: str) -> ApiKey | None:
    """End a key for good; doing it twice changes nothing, and None says so. Raises `NotFound` for an unknown one."""
    key = await session.scalar(select(ApiKey).where(ApiKey.id == key_id).with_for_update())
    if key is None:
        raise NotFound("There is no key of that id.")
    if key.revoked_at is not None:
        return None
    key.revoked_at = utc_now()
    await session.flush()
    return key
