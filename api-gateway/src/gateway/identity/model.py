"""The gateway's own tables: tenants and the keys that speak for them. Everything else belongs to a service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.identity.scopes import Scope, scopes_of
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

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    secret_sha256: Mapped[bytes]
    stored_scopes: Mapped[list[str]] = mapped_column("scopes", ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def scopes(self) -> list[Scope]:
        """What the key may do today."""
        return sorted(scopes_of(self.stored_scopes))
