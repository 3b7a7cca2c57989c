"""Read-only mode: in an incident the operator has no tenant, or one, change anything. Reads and webhooks go on.

Every look at a key asks for it as well, so that it costs a request nothing and is seen by every gateway within five
seconds. While the database can't be asked, a known key goes on as it was last seen, for a minute at most.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import DateTime, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from gateway.identity.model import Tenant
from shared.clock import utc_now
from shared.errors import NotFound
from shared.persistence.database import Base

EVERYBODY = "*"


class ReadOnly(Base):
    """A switch: for a tenant or for everybody, turned on or turned back."""

    __tablename__ = "read_only"

    who: Mapped[str] = mapped_column(Text, primary_key=True)
    active: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @property
    def tenant_id(self) -> UUID | None:
        """The tenant that it is for; None for everybody."""
        return None if self.who == EVERYBODY else UUID(self.who)


async def switch(session: AsyncSession, tenant_id: UUID | None, *, active: bool, reason: str) -> ReadOnly:
    """Turn the switch of a tenant, or everybody's. Raises `NotFound` if there is no such tenant."""
    if tenant_id is not None and await session.get(Tenant, tenant_id) is None:
        raise NotFound("There is no tenant of that id.")
    who = EVERYBODY if tenant_id is None else str(tenant_id)
    values = {"active": active, "reason": reason, "changed_at": utc_now()}
    statement = insert(ReadOnly).values(who=who, **values)
    turned = statement.on_conflict_do_update(index_elements=["who"], set_=values).returning(ReadOnly)
    return (await session.scalars(turned, execution_options={"populate_existing": True})).one()


async def switches(session: AsyncSession, limit: int) -> list[ReadOnly]:
    """The switches that are on, everybody's first."""
    query = select(ReadOnly).where(ReadOnly.active).order_by(ReadOnly.who).limit(limit)
    return list(await session.scalars(query))


async def in_force(session: AsyncSession) -> Literal["off", "some_tenants", "everybody"]:
    """For whom it is on, without names: anybody may ask for the status."""
    found = await switches(session, 1)
    if not found:
        return "off"
    return "everybody" if found[0].who == EVERYBODY else "some_tenants"
