"""The gateway's own tables: tenants and the keys that speak for them. Everything else belongs to a service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, Text, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from gateway.keys import NewKey, Scope
from shared.errors import NotFound
from shared.identifiers import new_id
from shared.persistence.database import Base


class Tenant(Base):
    """A business that uses this installation; its name is what its customers read in their mail."""

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class ApiKey(Base):
    """A key of one tenant. `secret_sha256` is all that is kept of it."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    name: Mapped[str] = mapped_column(Text)
    secret_sha256: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


async def add_tenant(session: AsyncSession, name: str) -> Tenant:
    """A new tenant, stored."""
    tenant = Tenant(name=name)
    session.add(tenant)
    await session.flush()
    await session.refresh(tenant)
    return tenant


async def add_key(
    session: AsyncSession,
    key: NewKey,
    tenant_id: UUID,
    name: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None,
) -> ApiKey:
    """Store a new key of a tenant. Raises `NotFound` if there is no such tenant."""
    if await session.get(Tenant, tenant_id) is None:
        raise NotFound("There is no tenant of that id.")
    row = ApiKey(
        id=key.id,
        tenant_id=tenant_id,
        name=name,
        secret_sha256=key.digest,
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def find_key(session: AsyncSession, key_id: str) -> tuple[ApiKey, Tenant] | None:
    """A key with its tenant, revoked and expired ones too."""
    found = await session.execute(
        select(ApiKey, Tenant).join(Tenant, Tenant.id == ApiKey.tenant_id).where(ApiKey.id == key_id)
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def list_tenants(session: AsyncSession, limit: int, after: UUID | None) -> list[Tenant]:
    """Tenants, newest first, after the given one."""
    query = select(Tenant).order_by(Tenant.id.desc()).limit(limit)
    return list(await session.scalars(query if after is None else query.where(Tenant.id < after)))


async def list_keys(session: AsyncSession, limit: int, after: str | None, tenant_id: UUID | None) -> list[ApiKey]:
    """Keys in the order of their ids, after the given one, optionally of one tenant."""
    query = select(ApiKey).order_by(ApiKey.id).limit(limit)
    if after is not None:
        query = query.where(ApiKey.id > after)
    if tenant_id is not None:
        query = query.where(ApiKey.tenant_id == tenant_id)
    return list(await session.scalars(query))


async def revoke_key(session: AsyncSession, key_id: str) -> None:
    """End a key for good; doing it twice changes nothing. Raises `NotFound` for an unknown one."""
    done = await session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.clock_timestamp()))
        .returning(ApiKey.id)
    )
    if done.one_or_none() is None:
        raise NotFound("There is no key of that id.")


async def record_use(session: AsyncSession, key_ids: set[str]) -> None:
    """These keys have been used since the last call (sampled: minutes matter, seconds don't)."""
    await session.execute(
        update(ApiKey).where(ApiKey.id.in_(sorted(key_ids))).values(last_used_at=func.clock_timestamp())
    )
