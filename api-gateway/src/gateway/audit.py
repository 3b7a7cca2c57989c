"""The audit log: who did what, to what, why and when. Rows are added, never changed (ADR 0018, 0040).

The operator's entries name the tenant that they concern, if it is one: a tenant reads those, and its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.fields import parse_instant
from shared.identifiers import new_id
from shared.persistence.database import Base
from shared.persistence.paging import decode_cursor, encode_cursor


class Action(StrEnum):
    """What is written down. The first two end a dead letter, each at most once."""

    REPLAYED = "dead_letter.replayed"
    DISCARDED = "dead_letter.discarded"
    REPLAY_FAILED = "dead_letter.replay_failed"
    TENANT_CREATED = "tenant.created"
    KEY_CREATED = "api_key.created"
    KEY_ROTATED = "api_key.rotated"
    KEY_REVOKED = "api_key.revoked"
    READ_ONLY_ON = "read_only.on"
    READ_ONLY_OFF = "read_only.off"
    SETTINGS_CHANGED = "settings.changed"


DECISIONS = (Action.REPLAYED, Action.DISCARDED)
_DECIDED = text("action IN ('dead_letter.replayed', 'dead_letter.discarded')")
"""The unique index's predicate, word for word: that is how PostgreSQL recognises it."""


class AuditEntry(Base):
    """One thing that somebody did: the operator, or who has a key of a tenant."""

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
    about_tenant_id: Mapped[UUID | None]
    """The tenant that may read it: the one that it concerns; None if it concerns none, or all."""
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Of a change: what the members that it changed were."""
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What they are since."""


@dataclass(frozen=True, slots=True)
class Change:
    """The members that a change made different, as they were and as they are since."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None is any."""

    actor: str | None = None
    target: str | None = None
    since: datetime | None = None
    """From this instant on."""
    until: datetime | None = None
    """Before this instant."""


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


async def note(
    session: AsyncSession,
    context: AuditContext,
    action: Action,
    thing: str,
    details: str,
    about: UUID | None = None,
    change: Change | None = None,
) -> None:
    """Write down what is done in this very transaction: neither is there without the other.

    `about` is the tenant that it concerns, who may read it.
    """
    session.add(
        AuditEntry(
            actor=context.actor,
            action=action,
            object=thing,
            details=details,
            reason=context.reason,
            request_id=context.request_id,
            about_tenant_id=about,
            before=dict(change.before) if change else None,
            after=dict(change.after) if change else None,
        )
    )
    await session.flush()


async def entries_about(
    session: AsyncSession, tenant_id: UUID, wanted: AuditFilter, limit: int, cursor: str | None
) -> tuple[list[AuditEntry], str | None]:
    """A page of what concerns a tenant, newest first, and the cursor of the next. Raises `InvalidCursor`."""
    scope = f"audit_log.{tenant_id}"
    query = select(AuditEntry).where(AuditEntry.about_tenant_id == tenant_id)
    if wanted.actor is not None:
        query = query.where(AuditEntry.actor == wanted.actor)
    if wanted.target is not None:
        query = query.where(AuditEntry.object == wanted.target)
    if wanted.since is not None:
        query = query.where(AuditEntry.recorded_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.recorded_at < wanted.until)
    place = tuple_(AuditEntry.recorded_at, AuditEntry.id)
    if cursor is not None:
        query = query.where(place < tuple_(*decode_cursor(scope, cursor, parse_instant, UUID)))
    query = query.order_by(AuditEntry.recorded_at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    found = list(await session.scalars(query))
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor(scope, last.recorded_at.isoformat(), str(last.id))


async def decision_on(session: AsyncSession, prefix: str) -> AuditEntry | None:
    """The last decision on a thing whose name begins so; None if there is none."""
    found = await session.scalars(
        select(AuditEntry)
        .where(AuditEntry.object.startswith(prefix, autoescape=True), AuditEntry.action.in_(DECISIONS))
        .order_by(AuditEntry.recorded_at.desc())
        .limit(1)
    )
    return found.one_or_none()
