"""Adding and listing tenants."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.model import Tenant
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
