"""Messages in their table: written down once for each purpose, taken by one process at a time, settled. SQL only.

`next_attempt_at` is when a row may be taken: of an open message its time, by the business' clock (`now`);
of one in `sending` the end of its lease, by the database's. `attempts` counts takings, so a process that
lost its lease can't settle a row that another has taken over. All statements take whole batches; all are
sorted, so that replicas never deadlock.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from notifier.messages.model import Attempt, ClaimedMessage, NewMessage
from shared.contracts.booking.bookings import BookingStatus
from shared.contracts.notifier.messages import MessageKind
from shared.identifiers import new_id

LEASE_SECONDS = 15
"""How long a row stays with a process that has died; living ones renew it every third of that."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The share of all messages that one job sends; `name` is its metric label."""

    name: str
    condition: str
    """SQL over `messages`, equal to that of the queue's partial index."""


MESSAGES = Queue("messages", "kind <> 'reminder'")
REMINDERS = Queue("reminders", "kind = 'reminder'")

_ENQUEUE = text("""
    INSERT INTO messages (tenant_id, id, subject_id, version, kind, reminder_offset_minutes, recipient, booking_id,
                          locale, status, send_at, next_attempt_at, subject_data, message_id_header,
                          correlation_id, causation_id)
    SELECT tenant_id, id, subject_id, version, kind, minutes, recipient, booking_id, locale,
           CASE WHEN send_at IS NULL THEN 'queued' ELSE 'planned' END,
           coalesce(send_at, CAST(:now AS timestamptz)), coalesce(send_at, CAST(:now AS timestamptz)),
           CAST(about AS jsonb),
           '<' || id || '@' || CAST(:domain AS text) || '>', correlation_id, causation_id
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]),
                CAST(:versions AS integer[]), CAST(:kinds AS text[]), CAST(:offsets AS integer[]),
                CAST(:recipients AS text[]), CAST(:bookings AS uuid[]), CAST(:locales AS text[]),
                CAST(:times AS timestamptz[]), CAST(:abouts AS text[]), CAST(:correlations AS uuid[]),
                CAST(:causations AS uuid[]))
         AS new (tenant_id, id, subject_id, version, kind, minutes, recipient, booking_id, locale, send_at, about,
                 correlation_id, causation_id)
    WHERE NOT EXISTS (SELECT FROM bookings b
                      WHERE b.tenant_id = new.tenant_id AND b.booking_id = new.booking_id AND b.erased)
    ON CONFLICT ON CONSTRAINT messages_purpose_key DO NOTHING
""")
# A kind that this version does not know is left to a newer one. `greatest` bounds the scan of the index; leases
# run by the database's clock, everything else by the caller's.
_DUE = """
    SELECT ctid, tenant_id, booking_id, status FROM messages
    WHERE status IN ('queued', 'planned', 'sending') AND {condition} AND kind = ANY (:kinds)
      AND next_attempt_at <= greatest(now(), CAST(:now AS timestamptz))
      AND next_attempt_at <= CASE status WHEN 'sending' THEN now() ELSE CAST(:now AS timestamptz) END
    ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED
"""
# Rows are updated by the place where they were found and locked. A join by key would be planned once,
# perhaps when the table was empty, and then read all of it for every message.
_CLAIM = """
    WITH due AS MATERIALIZED ({due})
    UPDATE messages m
    SET status = 'sending', claimed_at = clock_timestamp(), attempts = m.attempts + 1,
        interruptions = m.interruptions + CAST(due.status = 'sending' AS integer),
        next_attempt_at = clock_timestamp() + make_interval(secs => :lease)
    FROM due LEFT JOIN bookings b ON b.tenant_id = due.tenant_id AND b.booking_id = due.booking_id
    WHERE m.ctid = due.ctid
    RETURNING m.tenant_id, m.id, m.kind, m.booking_id, m.version, m.recipient, m.locale, m.send_at, m.attempts,
              m.interruptions, CAST(m.subject_data AS text) AS about, m.message_id_header, m.correlation_id,
              m.causation_id, b.status AS booking_status, b.version AS booking_version,
              m.reminder_offset_minutes > 0 AND EXISTS (
                  SELECT FROM messages nearer
                  WHERE nearer.tenant_id = m.tenant_id AND nearer.subject_id = m.subject_id
                    AND nearer.version = m.version AND nearer.kind = m.kind
                    AND nearer.reminder_offset_minutes < m.reminder_offset_minutes
                    AND nearer.send_at <= CAST(:now AS timestamptz)) AS overtaken
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
    UPDATE messages m SET status = 'queued', next_attempt_at = CAST(:now AS timestamptz), attempts = m.attempts - 1
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:attempts AS integer[]))
         AS held (tenant_id, id, attempts)
    WHERE m.tenant_id = held.tenant_id AND m.id = held.id AND m.attempts = held.attempts AND m.status = 'sending'
""")
_SETTLE = text("""
    UPDATE messages
    SET status = :status, last_error = :error,
        next_attempt_at = coalesce(CAST(:next_attempt_at AS timestamptz), next_attempt_at),
        sent_at = CASE WHEN :status = 'sent' THEN clock_timestamp() END
    WHERE tenant_id = :tenant AND id = :id AND attempts = :attempts AND status = 'sending'
    RETURNING id
""")
_PRUNE = text("""
    DELETE FROM messages WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM messages
        WHERE created_at < now() - CAST(:age AS interval) AND status IN ('sent', 'skipped', 'failed')
        LIMIT 5000))
""")


async def enqueue(session: AsyncSession, messages: Collection[NewMessage], message_domain: str, now: datetime) -> None:
    """Write messages down, each purpose once; `message_domain` stands right of the `@` in their Message-IDs."""
    if not messages:
        return
    rows = sorted(messages, key=lambda m: (m.cause.tenant_id, m.subject_id, m.version, m.kind))
    await session.execute(
        _ENQUEUE,
        {
            "tenants": [m.cause.tenant_id for m in rows],
            "ids": [new_id() for _ in rows],
            "subjects": [m.subject_id for m in rows],
            "versions": [m.version for m in rows],
            "kinds": [m.kind for m in rows],
            "offsets": [m.offset_minutes for m in rows],
            "recipients": [m.recipient for m in rows],
            "bookings": [m.booking_id for m in rows],
            "locales": [m.locale for m in rows],
            "times": [m.send_at for m in rows],
            "abouts": [m.about for m in rows],
            "correlations": [m.cause.correlation_id for m in rows],
            "causations": [m.cause.id for m in rows],
            "domain": message_domain,
            "now": now,
        },
    )


async def claim_due(session: AsyncSession, queue: Queue, limit: int, now: datetime) -> list[ClaimedMessage]:
    """Take up to `limit` messages of a queue that are due at `now`, longest due first."""
    statement = text(_CLAIM.format(due=_DUE.format(condition=queue.condition)))
    rows = await session.execute(statement, {**_due(limit, now), "lease": LEASE_SECONDS})
    return [
        ClaimedMessage(
            **{
                **row._mapping,
                "kind": MessageKind(row.kind),
                "booking_status": BookingStatus(row.booking_status) if row.booking_status else None,
            }
        )
        for row in rows
    ]


async def skip_due(session: AsyncSession, queue: Queue, limit: int, reason: str, now: datetime) -> int:
    """Mark up to `limit` due messages of a queue as skipped, in one statement; returns how many."""
    statement = text(_SKIP_DUE.format(due=_DUE.format(condition=queue.condition)))
    result = await session.execute(statement, {**_due(limit, now), "reason": reason})
    return int(result.rowcount)  # type: ignore[attr-defined]


async def renew(session: AsyncSession, messages: Collection[ClaimedMessage]) -> None:
    """Keep these messages for another lease."""
    await session.execute(_RENEW, {**_held(messages), "lease": LEASE_SECONDS})


async def give_back(session: AsyncSession, messages: Collection[ClaimedMessage], now: datetime) -> None:
    """Let others have these messages, which nobody has begun to send."""
    await session.execute(_GIVE_BACK, {**_held(messages), "now": now})


async def settle(session: AsyncSession, message: ClaimedMessage, attempt: Attempt) -> bool:
    """Write down an attempt's end. Returns False if the lease had run out and another process has the message."""
    result = await session.execute(
        _SETTLE,
        {
            "tenant": message.tenant_id,
            "id": message.id,
            "attempts": message.attempts,
            "status": attempt.status,
            "error": attempt.error,
            "next_attempt_at": attempt.next_attempt_at,
        },
    )
    return result.scalar_one_or_none() is not None


async def prune_messages(session: AsyncSession, age: timedelta) -> int:
    """Delete a batch of finished messages that were written down that long ago; returns how many."""
    result = await session.execute(_PRUNE, {"age": age})
    return int(result.rowcount)  # type: ignore[attr-defined]


def _due(limit: int, now: datetime) -> dict[str, object]:
    return {"limit": limit, "now": now, "kinds": list(MessageKind)}


def _held(messages: Collection[ClaimedMessage]) -> dict[str, object]:
    rows = sorted(messages, key=lambda m: (m.tenant_id, m.id))
    return {
        "tenants": [m.tenant_id for m in rows],
        "ids": [m.id for m in rows],
        "attempts": [m.attempts for m in rows],
    }
