"""Adding and listing tenants, and their settings."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.http.problems import Problem
from gateway.identity.model import Tenant
from shared.errors import NotFound
from shared.persistence.paging import decode_cursor, encode_cursor

_LIST = "tenants"


async def add_tenant(session: AsyncSession, name: str) -> Tenant:
    """A new tenant, stored."""
    tenant = Tenant(name=name)
    session.add(tenant)
    await session.flush()
    await session.refresh(tenant)
    return tenant


async def list_tenants(session: AsyncSession, limit: int, cursor: str | None) -> tuple[list[Tenant], str | None]:
    """A page of tenants, newest first, and the cursor of the next. Raises `InvalidCursor`."""
    query = select(Tenant).order_by(Tenant.id.desc()).limit(limit + 1)
    if cursor is not None:
        (after,) = decode_cursor(_LIST, cursor, UUID)
        query = query.where(Tenant.id < after)
    tenants = list(await session.scalars(query))
    if len(tenants) <= limit:
        return tenants, None
    return tenants[:limit], encode_cursor(_LIST, str(tenants[limit - 1].id))


async def tenant_of(session: AsyncSession, tenant_id: UUID, *, to_change: bool = False) -> Tenant:
    """A tenant, locked if it is to be changed. Raises `NotFound` if there is none of that id."""
    tenant = await session.get(Tenant, tenant_id, with_for_update=to_change)
    if tenant is None:
        raise NotFound("There is no tenant of that id.")
    return tenant


async def change_settings(
    session: AsyncSession, tenant: Tenant, members: Mapping[str, Any], expected_versions: Sequence[int] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a tenant these settings; what differed, as it was and as it is now. Nothing different is no change.

    Raises 412 `version_conflict` if the settings are at none of the expected versions; None is any.
    """
    version = tenant.settings_version
    if expected_versions is not None and version not in expected_versions:
        raise Problem(412, f"The settings are at version {version}.", "version_conflict", extra={"version": version})
    before = {name: getattr(tenant, name) for name, value in members.items() if getattr(tenant, name) != value}
    if before:
        for name in before:
            setattr(tenant, name, members[name])
        tenant.settings_version += 1
        await session.flush()
    return before, {name: members[name] for name in before}
