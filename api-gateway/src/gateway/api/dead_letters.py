"""Dead letters, for the operator: listed, shown, handled again, discarded. No quota: there is one operator."""

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from gateway.api import dependencies
from gateway.audit import Action, AuditContext, AuditEntry
from gateway.dead_letters.store import StoredDeadLetter
from gateway.http.answers import ASKING, follows, next_page, refuses, shows
from gateway.http.body import Body
from gateway.http.parameters import Cursor, Limit
from gateway.http.routes import api_router
from gateway.identity.access import OPERATOR_ONLY
from shared.contracts.fields import Name, ShortText, Whole
from shared.persistence.paging import decode_cursor, encode_cursor

routes = api_router("Operator", guard=OPERATOR_ONLY)

DurableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_ADDRESS = "/v1/dead-letters/{number:number}"
Number = Annotated[int, Path(ge=1, lt=10**18)]
_SUMMARY = {
    "number": 7,
    "died_at": "2026-11-20T10:00:00Z",
    "durable": "billing-request-payment",
    "subject": "booking.held.v1.01936c5e-7d80-7000-8000-000000000001",
    "stream": "BOOKING",
    "sequence": 1042,
    "attempts": 8,
    "reason": "too_many_attempts",
    "error": "KeyError: 'deposit'",
    "size": 2,
}
_WHOLE = _SUMMARY | {
    "headers": {"ce-type": "booking.held.v1"},
    "payload": {"encoding": "text", "data": "{}"},
}
_DECIDED = {
    "number": 7,
    "action": "replayed",
    "decided_at": "2026-11-20T11:00:00Z",
    "actor": "operator (Ada)",
    "reason": "the bug is mended",
    "details": "handled",
    "repeated": False,
}
_MANY = {"replayed": 12, "failed": [{"number": 9, "detail": "KeyError"}], "last": 20, "remaining": 1, "stopped": None}
_LINKS = {
    "replay": follows("replay_dead_letter", "Have it handled again.", number="$response.body#/number"),
    "discard": follows("discard_dead_letter", "Give it up.", number="$response.body#/number"),
}


class DeadLetterDecide(Body):
    """Who decides on a dead letter and why, as far as anybody says; goes into the audit log."""

    reason: ShortText = ""
    by: Name | None = None


UNEXPLAINED = DeadLetterDecide()


class DeadLetterBulkReplay(DeadLetterDecide):
    """Replay the dead letters of one consumer, oldest first, after the given number."""

    durable: DurableName
    after: Whole = Field(default=0, ge=0, le=2**62)
    limit: Whole = Field(default=100, ge=1, le=500)


class DeadLetterSummary(BaseModel):
    """A message that a consumer could not handle."""

    number: int = Field(description="Its sequence on the stream DEADLETTER.")
    died_at: datetime
    durable: str = Field(description="The consumer that failed.")
    subject: str
    stream: str
    sequence: int = Field(description="The message's own place in its stream.")
    attempts: int
    reason: str = Field(examples=["poison", "refused", "too_many_attempts"])
    error: str
    size: int = Field(description="Of the payload, in bytes.")


class DeadLetterPayload(BaseModel):
    """A payload, as text if it is UTF-8, otherwise in base64."""

    encoding: Literal["text", "base64"]
    data: str


class DeadLetter(DeadLetterSummary):
    """The same with all that the message holds."""

    headers: dict[str, str]
    payload: DeadLetterPayload


class DeadLetterList(BaseModel):
    """Dead letters, oldest first; `total` counts all that match, `next_cursor` is null on the last page."""

    dead_letters: list[DeadLetterSummary]
    total: int
    next_cursor: str | None


class DeadLetterDecision(BaseModel):
    """What was decided on a dead letter, once and for good."""

    number: int
    action: Literal["replayed", "discarded"]
    decided_at: datetime
    actor: str
    reason: str
    details: str = Field(
        description="What came of it (`handled`; `duplicate`: it had been handled before), what it was."
    )
    repeated: bool = Field(description="True if this had been decided before; nothing was done now.")


class DeadLetterReplayFailure(BaseModel):
    """A dead letter that could not be handled again."""

    number: int
    detail: str


class DeadLetterBulkReplayResult(BaseModel):
    """What came of replaying many: go on with `after` set to `last` while `remaining` is not 0."""

    replayed: int
    failed: list[DeadLetterReplayFailure]
    last: int
    remaining: int = Field(description="Dead letters of this consumer still there, those that failed again among them.")
    stopped: str | None = Field(description="Why it gave up early, if it did.")


@routes.get(
    "/v1/dead-letters",
    response_model=DeadLetterList,
    responses=shows(
        200,
        {"dead_letters": [_SUMMARY], "total": 1, "next_cursor": None},
        links=next_page("list_dead_letters", "durable"),
    ),
)
@refuses("invalid_cursor", "unavailable")
async def list_dead_letters(
    dead_letters: dependencies.DeadLetters,
    limit: Limit = 50,
    cursor: Cursor = None,
    durable: Annotated[DurableName | None, Query(description="Only those of this consumer.")] = None,
) -> DeadLetterList:
    """A page of what consumers could not handle, oldest first."""
    scope = f"dead_letters.{durable or '*'}"
    after = decode_cursor(scope, cursor, _sequence)[0] if cursor is not None else 0
    page: list[StoredDeadLetter] = []
    async for stored in dead_letters.after(after, durable):
        page.append(stored)
        if len(page) > limit:
            break
    return DeadLetterList(
        dead_letters=[DeadLetterSummary(**_summary(stored)) for stored in page[:limit]],
        total=await dead_letters.count(durable),
        next_cursor=encode_cursor(scope, str(page[limit - 1].number)) if len(page) > limit else None,
    )


@routes.get(_ADDRESS, response_model=DeadLetter, responses=shows(200, _WHOLE, links=_LINKS))
@refuses("not_found", *ASKING)
async def get_dead_letter(number: Number, dead_letters: dependencies.DeadLetters) -> DeadLetter:
    """One dead letter with its headers and payload. That may hold personal data."""
    stored = await dead_letters.find(number)
    payload = stored.letter.payload
    try:
        shown = DeadLetterPayload(encoding="text", data=payload.decode())
    except UnicodeDecodeError:
        shown = DeadLetterPayload(encoding="base64", data=base64.b64encode(payload).decode())
    return DeadLetter(**_summary(stored), headers=dict(stored.letter.headers), payload=shown)


@routes.post(
    "/v1/dead-letters/replay",
    response_model=DeadLetterBulkReplayResult,
    responses=shows(200, _MANY),
)
@refuses("replay_running", *ASKING)
async def replay_dead_letters(
    request: Request, body: DeadLetterBulkReplay, dead_letters: dependencies.DeadLetters
) -> DeadLetterBulkReplayResult:
    """Let one consumer handle its dead letters again: up to 500, 50 a second. Stops if ten in a row fail again."""
    done = await dead_letters.replay_many(body.durable, body.after, body.limit, _context(request, body))
    return DeadLetterBulkReplayResult(
        replayed=done.replayed,
        failed=[DeadLetterReplayFailure(number=number, detail=detail) for number, detail in done.failed],
        last=done.last,
        remaining=await dead_letters.count(body.durable),
        stopped=done.stopped,
    )


@routes.post(f"{_ADDRESS}/replay", response_model=DeadLetterDecision, responses=shows(200, _DECIDED))
@refuses("not_found", "already_discarded", "replay_failed", *ASKING)
async def replay_dead_letter(
    request: Request, number: Number, dead_letters: dependencies.DeadLetters, body: DeadLetterDecide = UNEXPLAINED
) -> DeadLetterDecision:
    """Let its consumer handle the message again. Done once: a second call tells of the first."""
    context = _context(request, body)
    return _decision(number, context, await dead_letters.replay(number, context))


@routes.post(
    f"{_ADDRESS}/discard",
    response_model=DeadLetterDecision,
    responses=shows(200, _DECIDED | {"action": "discarded"}),
)
@refuses("not_found", "already_replayed", *ASKING)
async def discard_dead_letter(
    request: Request, number: Number, dead_letters: dependencies.DeadLetters, body: DeadLetterDecide = UNEXPLAINED
) -> DeadLetterDecision:
    """Give a message up for good: it is erased, the audit log says who and why."""
    context = _context(request, body)
    return _decision(number, context, await dead_letters.discard(number, context))


def _sequence(text: str) -> int:
    """A dead letter's number, as the stream counts. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError("not a number of the stream's")
    return int(text)


def _context(request: Request, body: DeadLetterDecide) -> AuditContext:
    actor = f"operator ({body.by})" if body.by else "operator"
    return AuditContext(actor, body.reason, request.scope["request_id"])


def _summary(stored: StoredDeadLetter) -> dict[str, Any]:
    letter = stored.letter
    return {
        "number": stored.number,
        "died_at": stored.died_at,
        "durable": letter.durable,
        "subject": letter.subject,
        "stream": letter.stream,
        "sequence": letter.sequence,
        "attempts": letter.attempts,
        "reason": letter.reason,
        "error": letter.error,
        "size": len(letter.payload),
    }


def _decision(number: int, context: AuditContext, entry: AuditEntry) -> DeadLetterDecision:
    return DeadLetterDecision(
        number=number,
        action="replayed" if entry.action == Action.REPLAYED else "discarded",
        decided_at=entry.recorded_at,
        actor=entry.actor,
        reason=entry.reason,
        details=entry.details,
        repeated=entry.request_id != context.request_id,
    )
