"""The audit log: what the operator did, to what, why and when. Rows are added, never changed (ADR 0018)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.identifiers import new_id
from shared.persistence.database import Base


class Action(StrEnum):
    """What the operator can do. The first two end a dead letter, each at most once."""

    REPLAYED = "dead_letter.replayed"
    DISCARDED = "dead_letter.discarded"
    REPLAY_FAILED = "dead_letter.replay_failed"
    TENANT_CREATED = "tenant.created"
    KEY_CREATED = "api_key.created"
    KEY_ROTATED = "api_key.rotated"
    KEY_REVOKED = "api_key.revoked"
    READ_ONLY_ON = "read_only.on"
    READ_ONLY_OFF = "read_only.off"


DECISIONS = (Action.REPLAYED, Action.DISCARDED)
_DECIDED = text("action IN ('dead_letter.replayed', 'dead_letter.discarded')")
"""The unique index's predicate, word for word: that is how PostgreSQL recognises it."""


class AuditEntry(Base):
    """One thing that the operator did."""

    __tablename__ = "audit_log"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    actor: Mapped[str]
    action: Mapped[str]
    object: Mapped[str]
    details: Mapped[str]
    """What came of it, or what the thing was."""
    reason: Mapped[str]
    """What the operator said."""
    request_id: Mapped[UUID]


@dataclass(frozen=True, slots=True)
class AuditContext:
    """Who does something, why, and in which request."""

    actor: str
    reason: str
    request_id: UUID


async def record(session: AsyncSession, context: AuditContext, action: Action, thing: str, details: str) -> AuditEntry:
    """Write down what was done. A decision that was taken before stands as it was: its entry is returned."""
    values = {
        "id": new_id(),
        "actor": context.actor,
        "action": action,
        "object": thing,
        "details": details,
        "reason": context.reason,
        "request_id": context.request_id,
    }
    statement = insert(AuditEntry).values(values)
    if action in DECISIONS:
        statement = statement.on_conflict_do_nothing(index_elements=["object", "action"], index_where=_DECIDED)
    await session.execute(statement)
    found = await session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object == thing, AuditEntry.action == action)
        .order_by(AuditEntry.recorded_at.desc())
        .limit(1)
    )
    return found.one()


async def note(session: AsyncSession, context: AuditContext, action: Action, thing: str, details: str) -> None:
    """Write down what is done in this very transaction: neither is there without the other."""
    session.add(
        AuditEntry(
            actor=context.actor,
            action=action,
            object=thing,
            details=details,
            reason=context.reason,
            request_id=context.request_id,
        )
    )
    await session.flush()


async def decision_on(session: AsyncSession, prefix: str) -> AuditEntry | None:
    """The last decision on a thing whose name begins so; None if there is none."""
    found = await session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object.startswith(prefix, autoescape=True), AuditEntry.action.in_(DECISIONS))
        .order_by(AuditEntry.recorded_at.desc())
        .limit(1)
    )
    return found.one_or_none()
