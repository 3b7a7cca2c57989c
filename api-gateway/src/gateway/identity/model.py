"""The gateway's own tables: tenants and the keys that speak for them. Everything else belongs to a service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from gateway.identity.roles import allowed_scopes
from gateway.identity.scopes import Scope
from shared.identifiers import new_id
from shared.persistence.database import Base


class Tenant(Base):
    """A business that uses this installation; its name is what its customers read in their mail.

    The members after it are its settings: each None until the business says otherwise.
    """

    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    """An IANA zone: that of a resource which names none."""
    country: Mapped[str | None] = mapped_column(Text)
    """ISO 3166-1 alpha-2: where phone numbers belong that don't say so."""
    currency: Mapped[str | None] = mapped_column(Text)
    """Lower-case ISO 4217: that of a price which names none."""
    locale: Mapped[str | None] = mapped_column(Text)
    """BCP 47: how the business writes to people."""
    contact_email: Mapped[str | None] = mapped_column(Text)
    """Where its customers reach it."""
    settings_version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class ApiKey(Base):
    """A key of one tenant. `secret_sha256` is all that is kept of it."""

    __tablename__ = "api_keys"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    secret_sha256: Mapped[bytes]
    role: Mapped[str | None] = mapped_column(Text)
    stored_scopes: Mapped[list[str]] = mapped_column("scopes", ARRAY(Text))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    end_by_itself: Mapped[datetime | None] = mapped_column("expires_at", DateTime(timezone=True))
    """The end that it was made with."""
    replaced_by: Mapped[str | None] = mapped_column(Text)
    """The key that takes its place."""
    retires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When its successor is alone."""
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def scopes(self) -> list[Scope]:
        """What the key may do today."""
        return sorted(allowed_scopes(self.role, self.stored_scopes))

    @property
    def expires_at(self) -> datetime | None:
        """When it ends unless it is revoked before: by itself, or since it was replaced."""
        return min((end for end in (self.end_by_itself, self.retires_at) if end is not None), default=None)
