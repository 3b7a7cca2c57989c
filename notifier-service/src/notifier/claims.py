"""Taking due messages, one process at a time, and writing down what became of them. SQL only.

`next_attempt_at` is when a row may be taken: of an open message its time, of one in `sending` the
end of its lease. `attempts` counts takings, so a process that lost its lease can't settle a row
that another has taken over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifier.model import MessageKind, MessageStatus
from shared.contracts.booking.bookings import BookingStatus

LEASE_SECONDS = 15
"""How long a row stays with a process that has died; living ones renew it every third of that."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The share of all messages that one job sends; `name` is its metric label."""

    name: str
    condition: str
    """SQL over `messages`, equal to that of the lane's partial index."""


MESSAGES = Lane("messages", "kind <> 'reminder'")
REMINDERS = Lane("reminders", "kind = 'reminder'")


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in this process' hands, and its booking as last heard of."""

    tenant_id: UUID
    id: UUID
    booking_id: UUID
    kind: MessageKind
    version: int
    recipient: str
    attempts: int
    interruptions: int
    """How often a process has died, or lost its lease, while it held this message."""
    age_seconds: float
    """Since the message was due first."""
    about: str | None
    message_id_header: str
    correlation_id: UUID | None
    causation_id: UUID | None
    booking_status: BookingStatus
    booking_version: int


# Rows are updated by the place where they were found and locked. A join by key would be planned once,
# perhaps when the table was empty, and then read all of it for every message.
_DUE = """
    SELECT ctid, tenant_id, booking_id, status FROM messages
    WHERE status IN ('queued', 'planned', 'sending') AND {condition} AND next_attempt_at <= now()
    ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED
"""
_CLAIM = """
    WITH due AS MATERIALIZED ({due})
    UPDATE messages m
    SET status = 'sending', claimed_at = clock_timestamp(), attempts = m.attempts + 1,
        interruptions = m.interruptions + CAST(due.status = 'sending' AS integer),
        next_attempt_at = clock_timestamp() + make_interval(secs => :lease)
    FROM due JOIN bookings b ON b.tenant_id = due.tenant_id AND b.booking_id = due.booking_id
    WHERE m.ctid = due.ctid
    RETURNING m.tenant_id, m.id, m.booking_id, m.kind, m.version, m.recipient, m.attempts, m.interruptions,
              CAST(extract(epoch FROM clock_timestamp() - m.send_at) AS double precision) AS age_seconds,
              CAST(m.subject_data AS text) AS about, m.message_id_header, m.correlation_id, m.causation_id,
              b.status AS booking_status, b.version AS booking_version
"""
_SKIP_DUE = """
    WITH due AS MATERIALIZED ({due})
    UPDATE messages m SET status = 'skipped', last_error = :reason
    FROM due WHERE m.ctid = due.ctid
"""
_RENEW = text("""
    UPDATE messages m SET next_attempt_at = clock_timestamp() + make_interval(secs => :lease)
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:attempts AS integer[]))
         AS held (tenant_id, id, attempts)
    WHERE m.tenant_id = held.tenant_id AND m.id = held.id AND m.attempts = held.attempts AND m.status = 'sending'
""")
_GIVE_BACK = text("""
    UPDATE messages m SET status = 'queued', next_attempt_at = clock_timestamp(), attempts = m.attempts - 1
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:attempts AS integer[]))
         AS held (tenant_id, id, attempts)
    WHERE m.tenant_id = held.tenant_id AND m.id = held.id AND m.attempts = held.attempts AND m.status = 'sending'
""")
_SETTLE = text("""
    UPDATE messages
    SET status = :status, last_error = :error,
        sent_at = CASE WHEN :status = 'sent' THEN clock_timestamp() END,
        next_attempt_at = clock_timestamp() + make_interval(secs => :delay)
    WHERE tenant_id = :tenant AND id = :id AND attempts = :attempts AND status = 'sending'
    RETURNING id
""")


async def claim_due(session: AsyncSession, lane: Lane, limit: int) -> list[Claim]:
    """Take up to `limit` due messages of a lane, longest due first."""
    due = _DUE.format(condition=lane.condition)
    rows = await session.execute(text(_CLAIM.format(due=due)), {"limit": limit, "lease": LEASE_SECONDS})
    return [
        Claim(
            **{
                **row._mapping,
                "kind": MessageKind(row.kind),
                "booking_status": BookingStatus(row.booking_status),
            }
        )
        for row in rows
    ]


async def skip_due(session: AsyncSession, lane: Lane, limit: int, reason: str) -> int:
    """Mark up to `limit` due messages of a lane as skipped, in one statement; returns how many."""
    statement = text(_SKIP_DUE.format(due=_DUE.format(condition=lane.condition)))
    result = await session.execute(statement, {"limit": limit, "reason": reason})
    return int(result.rowcount)  # type: ignore[attr-defined]


async def renew(session: AsyncSession, claims: Collection[Claim]) -> None:
    """Keep these messages for another lease."""
    await session.execute(_RENEW, {**_held(claims), "lease": LEASE_SECONDS})


async def give_back(session: AsyncSession, claims: Collection[Claim]) -> None:
    """Let others have these messages, which nobody has begun to send."""
    await session.execute(_GIVE_BACK, _held(claims))


async def settle(
    session: AsyncSession, claim: Claim, status: MessageStatus, error: str | None = None, delay: float = 0
) -> bool:
    """Write down an attempt's end; `delay` seconds until the next, if it is queued again.

    Returns False if the lease had run out and another process has the message.
    """
    result = await session.execute(
        _SETTLE,
        {
            "tenant": claim.tenant_id,
            "id": claim.id,
            "attempts": claim.attempts,
            "status": status,
            "error": error,
            "delay": delay,
        },
    )
    return result.scalar_one_or_none() is not None


def _held(claims: Collection[Claim]) -> dict[str, object]:
    rows = sorted(claims, key=lambda c: (c.tenant_id, c.id))
    return {
        "tenants": [c.tenant_id for c in rows],
        "ids": [c.id for c in rows],
        "attempts": [c.attempts for c in rows],
    }
