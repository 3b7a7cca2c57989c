"""Stripe's events as they came, each stored once, and what became of it. SQL only, no decisions.

An event whose thing is not on our books yet is parked: tried again with growing pauses for `PARK_HOURS`,
then quarantined for a person to look at. None is ever dropped: Stripe was answered 200 for it, and will not
send it again.

The table belongs to no tenant. An event is stored by Stripe's account before anybody knows whose it is, and
one that is never matched stays nobody's: so no row-level security, and no tenant in its keys.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from billing.metrics import WEBHOOK_EVENTS
from shared.contracts.stripe import StripeEvent
from shared.persistence.pruning import BATCH

OWN_ACCOUNT = ""
"""How events of the account whose key we hold are filed; Stripe names only connected accounts."""
PARK_HOURS = 24
KEEP_DAYS = 90
"""How long a settled event is remembered; Stripe repeats one for three days at most."""
LEASE_SECONDS = 30
"""How long a replica may take to compare with Stripe's list before another one does."""


class EventState(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done about an event, and why if it is not applied; `reason` is a constant word."""

    state: EventState
    reason: str | None = None

    def count(self) -> None:
        """Count the event as `webhook_events_total`, after the commit; a parked one waits for its turn."""
        result = {EventState.APPLIED: "processed", EventState.IGNORED: "ignored", EventState.QUARANTINED: "error"}.get(
            self.state
        )
        if result:
            WEBHOOK_EVENTS.labels(result).inc()


APPLIED = Verdict(EventState.APPLIED)
NOTHING_NEW = Verdict(EventState.IGNORED, "nothing_new")
PARKED = Verdict(EventState.PARKED)
DUPLICATE = Verdict(EventState.IGNORED, "duplicate")

_STORE = """
    INSERT INTO stripe_events (account, event_id, type, api_version, about, state, next_try_at, payload)
    SELECT account, event_id, type, api_version, about, 'parked',
           clock_timestamp() + make_interval(secs => $7), payload::json
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         AS e (account, event_id, type, api_version, about, payload)
    ORDER BY account, event_id
    ON CONFLICT ON CONSTRAINT stripe_events_pkey DO NOTHING RETURNING event_id
"""
_SETTLE = """
    UPDATE stripe_events e SET state = settled.state, reason = settled.reason, next_try_at = NULL
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS settled (account, event_id, state, reason)
    WHERE e.account = settled.account AND e.event_id = settled.event_id
"""
_PARKED_ABOUT = text("""
    SELECT payload FROM stripe_events WHERE state = 'parked' AND about = :about
    ORDER BY received_at FOR UPDATE SKIP LOCKED
""")
_PARKED = text("""
    SELECT payload FROM stripe_events
    WHERE account = :account AND event_id = :id AND state = 'parked' FOR UPDATE SKIP LOCKED
""")
_CLAIM_DUE = text("""
    UPDATE stripe_events SET attempts = attempts + 1,
        next_try_at = clock_timestamp() + make_interval(secs => least(2 * power(2, least(attempts, 20)), 3600))
    WHERE (account, event_id) IN (
        SELECT account, event_id FROM stripe_events WHERE state = 'parked' AND next_try_at <= clock_timestamp()
        ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING account, event_id
""")
_QUARANTINE_OVERDUE = text("""
    UPDATE stripe_events SET state = 'quarantined', reason = 'unmatched', next_try_at = NULL
    WHERE (account, event_id) IN (
        SELECT account, event_id FROM stripe_events
        WHERE state = 'parked' AND attempts > 0 AND received_at < clock_timestamp() - make_interval(hours => :hours)
        LIMIT 1000 FOR UPDATE SKIP LOCKED)
    RETURNING event_id, type
""")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM stripe_events WHERE state = 'parked'),
           (SELECT count(*) FROM stripe_events WHERE state = 'quarantined')
""")
_PRUNE = text("""
    DELETE FROM stripe_events WHERE (account, event_id) IN (
        SELECT account, event_id FROM stripe_events
        WHERE state IN ('applied', 'ignored') AND received_at < clock_timestamp() - make_interval(days => :days)
        LIMIT :batch FOR UPDATE SKIP LOCKED)
""")
_LEASE = text("""
    INSERT INTO reconciliation AS r (account, seen_until, leased_until)
    VALUES (:account, clock_timestamp(), clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT ON CONSTRAINT reconciliation_pkey DO UPDATE SET leased_until = excluded.leased_until
    WHERE r.leased_until < clock_timestamp()
    RETURNING seen_until
""")
_RELEASE = text("""
    UPDATE reconciliation SET leased_until = clock_timestamp(),
        seen_until = greatest(seen_until, CAST(:seen_until AS timestamptz))
    WHERE account = :account
""")


async def store(driver: Any, events: Sequence[tuple[StripeEvent, str | None]], pause: float) -> set[str]:
    """Store events (each with Stripe's id of what it is about) as parked, first tried in `pause` seconds.

    Returns the ids of those that were not there yet.
    """
    rows = await driver.fetch(
        _STORE,
        [e.account or OWN_ACCOUNT for e, _ in events],
        [e.id for e, _ in events],
        [e.type for e, _ in events],
        [e.api_version for e, _ in events],
        [about for _, about in events],
        [e.model_dump_json() for e, _ in events],
        pause,
    )
    return {row["event_id"] for row in rows}


async def settle(driver: Any, settled: Sequence[tuple[StripeEvent, Verdict]]) -> None:
    """Write down what became of stored events; parked ones stay as they are."""
    final = [(event, verdict) for event, verdict in settled if verdict.state != EventState.PARKED]
    if final:
        await driver.execute(
            _SETTLE,
            [event.account or OWN_ACCOUNT for event, _ in final],
            [event.id for event, _ in final],
            [verdict.state for _, verdict in final],
            [verdict.reason for _, verdict in final],
        )


async def parked_about(session: AsyncSession, about: str) -> list[StripeEvent]:
    """The parked events about a thing that Stripe knows by this id, in the order they came, locked."""
    return [_event(row) for row in await session.execute(_PARKED_ABOUT, {"about": about})]


async def claim_due(session: AsyncSession, limit: int) -> list[tuple[str, str]]:
    """Parked events (account, id) whose next try is due; each is put off, so that a failing one harms only itself."""
    return [(r.account, r.event_id) for r in await session.execute(_CLAIM_DUE, {"limit": limit})]


async def parked(session: AsyncSession, account: str, event_id: str) -> StripeEvent | None:
    """An event, locked, if it is still parked and nobody else has it."""
    row = (await session.execute(_PARKED, {"account": account, "id": event_id})).one_or_none()
    return _event(row) if row else None


async def quarantine_overdue(session: AsyncSession) -> list[tuple[str, str]]:
    """Give up on events parked for longer than `PARK_HOURS`; returns their ids and types."""
    return [(r.event_id, r.type) for r in await session.execute(_QUARANTINE_OVERDUE, {"hours": PARK_HOURS})]


async def counts(session: AsyncSession) -> tuple[int, int]:
    """How many events are parked, and how many quarantined."""
    parked, quarantined = (await session.execute(_COUNTS)).one()
    return int(parked), int(quarantined)


async def prune(session: AsyncSession) -> int:
    """Forget a batch of settled events older than `KEEP_DAYS`; returns how many went."""
    gone = await session.execute(_PRUNE, {"days": KEEP_DAYS, "batch": BATCH})
    return int(gone.rowcount)  # type: ignore[attr-defined]


async def lease_reconciliation(session: AsyncSession) -> datetime | None:
    """Since when Stripe's list must be compared; None if another replica is at it. Begins with the first call."""
    wanted = {"account": OWN_ACCOUNT, "seconds": LEASE_SECONDS}
    seen_until: datetime | None = (await session.execute(_LEASE, wanted)).scalar_one_or_none()
    return seen_until


async def release_reconciliation(session: AsyncSession, seen_until: datetime | None) -> None:
    """Stripe's list has been compared up to then (never back)."""
    await session.execute(_RELEASE, {"account": OWN_ACCOUNT, "seen_until": seen_until})


def _event(row: Row[Any]) -> StripeEvent:
    payload = row.payload if isinstance(row.payload, dict) else json.loads(row.payload)
    return StripeEvent.model_validate(payload)
