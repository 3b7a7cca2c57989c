"""The ledger of requests: inbox, idempotency record and outcome in one row (ADR 0011).

A request seen before gets the outcome it had. Equal `Idempotency-Key` and fingerprint is the same
wish under another id; equal key with another fingerprint is refused (reliability I1-I4).
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.base import Contract, Outcome, Refusal, Request
from shared.errors import DomainError
from shared.persistence.transaction import Transaction

KEEP_HOURS = 48
"""How long a key is remembered; longer than the REQUESTS stream keeps a request (published in the API)."""

Q = TypeVar("Q", bound=Request)

# Both ways to have been here before end in the same row lookup, hence no constraint is named:
# the primary key (a redelivery) and the idempotency key (the same wish again).
_CLAIM = """
    INSERT INTO requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[])
    ON CONFLICT DO NOTHING RETURNING id
"""
_SEEN = text("""
    SELECT w.id AS asked, r.id, r.fingerprint, r.outcome, o.payload AS event
    FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]))
         AS w (tenant_id, id, type, key)
    JOIN requests r ON r.tenant_id = w.tenant_id
         AND (r.id = w.id OR (r.type = w.type AND r.idempotency_key = w.key))
    LEFT JOIN outbox o ON o.causation_id = r.id
""")
_STORE = """
    UPDATE requests r SET outcome = s.outcome::json
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS s (tenant_id, id, outcome)
    WHERE r.tenant_id = s.tenant_id AND r.id = s.id
"""
_STORE_REPLAY = text("""
    INSERT INTO requests (tenant_id, id, type, subject_id, outcome)
    SELECT * FROM unnest(CAST(:tenants AS uuid[]), CAST(:ids AS uuid[]), CAST(:types AS text[]),
                         CAST(:subjects AS uuid[]), CAST(:outcomes AS json[]))
    ON CONFLICT ON CONSTRAINT requests_pkey DO NOTHING
""")
_PRUNE = text("""
    DELETE FROM requests WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM requests
        WHERE created_at < clock_timestamp() - make_interval(hours => :hours)
        ORDER BY created_at LIMIT 5000 FOR UPDATE SKIP LOCKED)
""")

KEY_REUSED = Refusal(
    code="idempotency_key_reused",
    status=422,
    title="Idempotency key reused",
    detail="this Idempotency-Key was sent before with another request",
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """An earlier row that a request ran into."""

    same_request: bool
    fingerprint: str | None
    outcome: Outcome | None


async def decide_once(
    tx: Transaction,
    requests: Sequence[Q],
    decide: Callable[[Transaction, list[Q]], Awaitable[list[Outcome]]],
) -> list[Outcome]:
    """The outcome of each request: `decide` is asked about the new ones only, the rest get theirs again.

    A request whose outcome can't be repeated (its row stands, its outcome was never needed) is left
    out: no gateway waits for it any more.
    """
    fresh = await _claim(tx.driver, requests)
    outcomes = {o.request_id: o for o in await decide(tx, fresh)} if fresh else {}
    await _store(tx, [(r, outcomes[r.id]) for r in fresh])
    repeated = [r for r in requests if r.id not in outcomes]
    if repeated:
        outcomes |= await _replay(tx.session, repeated, outcomes)
    return [outcomes[r.id] for r in requests if r.id in outcomes]


async def decide_one_once(
    tx: Transaction, request: Q, decide: Callable[[Transaction, Q], Awaitable[tuple[int, Contract]]]
) -> Outcome | None:
    """`decide_once` for a single request: a status and a result, or a `DomainError` as the refusal."""

    async def decide_list(tx: Transaction, requests: list[Q]) -> list[Outcome]:
        try:
            async with tx.session.begin_nested():
                status, result = await decide(tx, requests[0])
        except DomainError as error:
            tx.events.clear()
            return [refused(requests[0], error)]
        return [done(requests[0], status, result)]

    outcomes = await decide_once(tx, [request], decide_list)
    return outcomes[0] if outcomes else None


def done(request: Request, status: int, result: Contract) -> Outcome:
    """The outcome of a request that was carried out."""
    made: Any = result
    return Outcome.model_construct(request_id=request.id, status=status, result=made)


def refused(request: Request, error: DomainError) -> Outcome:
    """The outcome of a request that the business refused."""
    refusal = Refusal(code=error.code, status=error.status, title=error.title, detail=error.detail, extra=error.extra)
    return Outcome(request_id=request.id, status=error.status, refusal=refusal)


async def prune(session: AsyncSession) -> None:
    """Forget a batch of requests older than `KEEP_HOURS`."""
    await session.execute(_PRUNE, {"hours": KEEP_HOURS})


async def _claim(driver: Any, requests: Sequence[Q]) -> list[Q]:
    """Write the requests' rows; returns those that were new, in their order.

    Rows go in sorted by key, so that replicas with the same keys wait for each other in one order.
    """
    rows = sorted({r.id: r for r in requests}.values(), key=lambda r: (r.tenant_id, r.idempotency_key or "", r.id))
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
    return [r for r in requests if r.id in new]


async def _store(tx: Transaction, decided: list[tuple[Q, Outcome]]) -> None:
    """Keep the outcomes that somebody may ask for again and nothing else tells: refusals, keyed successes.

    The event that a success has caused tells it (`_told`), and the outbox keeps events for longer than
    `KEEP_HOURS`. A keyless success is not kept: the thing it made answers for itself.
    """
    told = {event.causation_id for event in tx.events}
    kept = [(r, o) for r, o in decided if o.refusal is not None or (r.idempotency_key is not None and r.id not in told)]
    if kept:
        await tx.driver.execute(
            _STORE,
            [r.tenant_id for r, _ in kept],
            [r.id for r, _ in kept],
            [o.model_dump_json() for _, o in kept],
        )


def _told(request_id: UUID, event: str | None) -> Outcome | None:
    """The outcome that the event of a booking tells, which a request has caused: the booking as it was then."""
    if event is None:
        return None
    booking = json.loads(event)["booking"]
    return Outcome(request_id=request_id, status=201 if booking["version"] == 1 else 200, result=booking)


async def _replay(session: AsyncSession, requests: list[Q], decided: dict[UUID, Outcome]) -> dict[UUID, Outcome]:
    """What became of requests that are not new; `decided` are the outcomes of this very transaction."""
    rows = await session.execute(
        _SEEN,
        {
            "tenants": [r.tenant_id for r in requests],
            "ids": [r.id for r in requests],
            "types": [r.TYPE for r in requests],
            "keys": [r.idempotency_key for r in requests],
        },
    )
    seen: dict[UUID, _Seen] = {}
    for row in rows:
        stored = Outcome.model_validate(row.outcome) if row.outcome else None
        outcome = decided.get(row.id) or stored or _told(row.id, row.event)
        if row.asked not in seen or row.id == row.asked:
            seen[row.asked] = _Seen(row.id == row.asked, row.fingerprint, outcome)
    outcomes: dict[UUID, Outcome] = {}
    under_another_id: list[tuple[Q, Outcome]] = []
    for request in requests:
        earlier = seen.get(request.id)
        if earlier is None:
            continue
        if earlier.same_request:
            if earlier.outcome is not None:
                outcomes[request.id] = earlier.outcome
        elif earlier.fingerprint != request.fingerprint:
            outcomes[request.id] = Outcome(request_id=request.id, status=KEY_REUSED.status, refusal=KEY_REUSED)
            under_another_id.append((request, outcomes[request.id]))
        elif earlier.outcome is not None:
            outcomes[request.id] = earlier.outcome.model_copy(update={"request_id": request.id, "replayed": True})
            under_another_id.append((request, outcomes[request.id]))
    if under_another_id:
        # So that the Location that this request was given with its 202 answers as well.
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
