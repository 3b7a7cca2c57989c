"""Commands are carried out once: inbox, idempotency record and outcome in one row of `commands` (ADR 0011).

A command seen before gets the outcome it had. Equal `Idempotency-Key` and fingerprint is the same
command under another id; equal key with another fingerprint is refused.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.base import Command, Contract, Outcome, Refusal
from shared.errors import DomainError
from shared.persistence.pruning import BATCH
from shared.persistence.transaction import Transaction

KEEP_HOURS = 48
"""How long a key is remembered; longer than the COMMANDS stream keeps a command (published in the API)."""

Q = TypeVar("Q", bound=Command)

# Both ways to have been here before end in the same row lookup, hence no constraint is named:
# the primary key (a redelivery) and the idempotency key (the same command again).
_CLAIM = """
    INSERT INTO commands (tenant_id, id, type, subject_id, idempotency_key, fingerprint)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    ON CONFLICT DO NOTHING RETURNING id
"""
_SEEN = text("""
    SELECT w.id AS asked, r.id, r.fingerprint, r.outcome, o.payload AS event
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]))
         AS w (tenant_id, id, type, key)
    JOIN commands r ON r.tenant_id = w.tenant_id
         AND (r.id = w.id OR (r.type = w.type AND r.idempotency_key = w.key))
    LEFT JOIN outbox o ON o.causation_id = r.id
""")
_STORE = """
    UPDATE commands r SET outcome = s.outcome::json
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS s (tenant_id, id, outcome)
    WHERE r.tenant_id = s.tenant_id AND r.id = s.id
"""
_STORE_REPLAY = text("""
    INSERT INTO commands (tenant_id, id, type, subject_id, outcome)
    SELECT * FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:types AS text[]),
                         CAST(:subjects AS uuid[]), CAST(:outcomes AS json[]))
    ON CONFLICT ON CONSTRAINT commands_pkey DO NOTHING
""")
_PRUNE = text("""
    DELETE FROM commands WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM commands
        WHERE created_at < clock_timestamp() - make_interval(hours => :hours)
        ORDER BY created_at LIMIT :batch FOR UPDATE SKIP LOCKED)
""")

_STORED = text("SELECT outcome FROM commands WHERE tenant_id = :tenant AND id = :id")

KEY_REUSED = Refusal(
    code="idempotency_key_reused",
    status=422,
    title="Idempotency key reused",
    detail="this Idempotency-Key was sent before with another request",
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An earlier row that a command ran into."""

    same_command: bool
    fingerprint: str | None
    outcome: Outcome | None


async def decide_once(
    tx: Transaction,
    commands: Sequence[Command],
    decide: Callable[[list[Any]], Awaitable[Sequence[Contract | DomainError]]],
) -> list[Outcome]:
    """The outcome of each command: `decide` is asked about the new ones only, the rest get theirs again.

    `decide` returns a result or a refusal for each, in their order. A command whose outcome can't be
    repeated (its row stands, its outcome was never needed) is left out: no gateway waits for it any more.
    """
    fresh = await _claim(tx.driver, commands)
    decided = list(zip(fresh, await decide(fresh), strict=True)) if fresh else []
    outcomes = {command.id: _outcome(command, result) for command, result in decided}
    await _store(tx, [(command, outcomes[command.id]) for command in fresh])
    repeated = [c for c in commands if c.id not in outcomes]
    if repeated:
        outcomes |= await _replay(tx.session, repeated, outcomes)
    return [outcomes[c.id] for c in commands if c.id in outcomes]


async def stored_outcome(session: AsyncSession, tenant_id: UUID, command_id: UUID) -> Outcome | None:
    """The outcome that is kept of a command: of refusals, and of successes that nothing else tells."""
    stored = await session.scalar(_STORED, {"tenant": tenant_id, "id": command_id})
    return Outcome.model_validate(stored) if stored else None


def _outcome(command: Command, result: Contract | DomainError) -> Outcome:
    if isinstance(result, DomainError):
        refusal = Refusal(
            code=result.code, status=result.status, title=result.title, detail=result.detail, extra=result.extra
        )
        return Outcome(command_id=command.id, status=result.status, refusal=refusal)
    made: Any = result
    return Outcome.model_construct(command_id=command.id, status=_success(command), result=made)


def _success(command: Command) -> int:
    return 201 if command.CREATES else 200


async def prune(session: AsyncSession) -> int:
    """Forget a batch of commands older than `KEEP_HOURS`; returns how many went."""
    gone = await session.execute(_PRUNE, {"hours": KEEP_HOURS, "batch": BATCH})
    return int(gone.rowcount)  # type: ignore[attr-defined]


async def _claim(driver: Any, commands: Sequence[Q]) -> list[Q]:
    """Write the commands' rows; returns those that were new, in their order.

    Rows go in sorted by key, so that replicas with the same keys wait for each other in one order.
    """
    rows = sorted({r.id: r for r in commands}.values(), key=lambda r: (r.tenant_id, r.idempotency_key or "", r.id))
    claimed = await driver.fetch(
        _CLAIM,
        [r.tenant_id for r in rows],
        [r.id for r in rows],
        [r.TYPE for r in rows],
        [r.subject_id for r in rows],
        [r.idempotency_key for r in rows],
        [r.fingerprint for r in rows],
    )
    new = {row["id"] for row in claimed}
    return [r for r in commands if r.id in new]


async def _store(tx: Transaction, decided: list[tuple[Q, Outcome]]) -> None:
    """Keep the outcomes that somebody may ask for again and nothing else tells: refusals, keyed successes.

    The event that a success has caused tells it (`_outcome_in_event`), and the outbox keeps events for longer than
    `KEEP_HOURS`. A keyless success is not kept: the thing it made answers for itself.
    """
    told = {event.causation_id for event in tx.events}
    kept = [
        (c, o)
        for c, o in decided
        if o.refusal is not None or (c.idempotency_key is not None and not (c.RESULT_IN and c.id in told))
    ]
    if kept:
        await tx.driver.execute(
            _STORE,
            [r.tenant_id for r, _ in kept],
            [r.id for r, _ in kept],
            [o.model_dump_json() for _, o in kept],
        )


def _outcome_in_event(command: Command, event: str | None) -> Outcome | None:
    """The outcome that the event tells which a command of this type has caused: the thing as it was then."""
    result = json.loads(event).get(command.RESULT_IN) if event and command.RESULT_IN else None
    return Outcome(command_id=command.id, status=_success(command), result=result) if result else None


async def _replay(session: AsyncSession, commands: list[Q], decided: dict[UUID, Outcome]) -> dict[UUID, Outcome]:
    """What became of commands that are not new; `decided` are the outcomes of this very transaction."""
    rows = await session.execute(
        _SEEN,
        {
            "tenants": [r.tenant_id for r in commands],
            "ids": [r.id for r in commands],
            "types": [r.TYPE for r in commands],
            "keys": [r.idempotency_key for r in commands],
        },
    )
    asking = {command.id: command for command in commands}
    seen: dict[UUID, _Seen] = {}
    for row in rows:
        stored = Outcome.model_validate(row.outcome) if row.outcome else None
        outcome = decided.get(row.id) or stored or _outcome_in_event(asking[row.asked], row.event)
        if row.asked not in seen or row.id == row.asked:
            seen[row.asked] = _Seen(row.id == row.asked, row.fingerprint, outcome)
    outcomes: dict[UUID, Outcome] = {}
    under_another_id: list[tuple[Q, Outcome]] = []
    for command in commands:
        earlier = seen.get(command.id)
        if earlier is None:
            continue
        if earlier.same_command:
            if earlier.outcome is not None:
                outcomes[command.id] = earlier.outcome
        elif earlier.fingerprint != command.fingerprint:
            outcomes[command.id] = Outcome(command_id=command.id, status=KEY_REUSED.status, refusal=KEY_REUSED)
            under_another_id.append((command, outcomes[command.id]))
        elif earlier.outcome is not None:
            outcomes[command.id] = earlier.outcome.model_copy(update={"command_id": command.id, "replayed": True})
            under_another_id.append((command, outcomes[command.id]))
    if under_another_id:
        # So that the Location that this command was given with its 202 answers as well.
        await session.execute(
            _STORE_REPLAY,
            {
                "tenants": [r.tenant_id for r, _ in under_another_id],
                "ids": [r.id for r, _ in under_another_id],
                "types": [r.TYPE for r, _ in under_another_id],
                "subjects": [r.subject_id for r, _ in under_another_id],
                "outcomes": [o.model_dump_json() for _, o in under_another_id],
            },
        )
    return outcomes
