"""The operator's routes for dead letters: list, show, replay, discard. No quota: there is one operator."""

import base64
import re
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit import Action, AuditEntry, Deed
from gateway.body import read_json
from gateway.dead_letter_schemas import (
    BulkDecision,
    BulkReplayShown,
    DeadLetterPage,
    DeadLetterShown,
    DeadLetterSummary,
    Decision,
    DecisionShown,
    Durable,
    Payload,
    ReplayFailure,
)
from gateway.dead_letters import Kept
from gateway.gateway import OPERATOR_ONLY, gateway_of, operator
from gateway.paging import Cursor, Limit, check_cursor, invalid_cursor
from gateway.responses import show
from gateway.routing import SECURITY, LeanRoute, problems, takes
from shared.errors import NotFound

lean = APIRouter(route_class=LeanRoute, tags=["Operator"])
reads = APIRouter(tags=["Operator"], dependencies=[OPERATOR_ONLY])

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_IN_PATH = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
_DECISION: dict[str, Any] = takes(Decision, required=False) | {"parameters": [_IN_PATH]}


@reads.get(
    "/v1/dead-letters",
    response_model=DeadLetterPage,
    responses=problems(400, 401, 403, 422, 503),
    openapi_extra={"security": SECURITY},
)
async def list_dead_letters(
    request: Request,
    limit: Limit = 50,
    cursor: Cursor = None,
    durable: Annotated[Durable | None, Query(description="Only those of this consumer.")] = None,
) -> Response:
    """A page of what consumers could not handle, oldest first."""
    after = 0
    if cursor := check_cursor(cursor):
        if not _NUMBER.fullmatch(cursor):
            raise invalid_cursor()
        after = int(cursor)
    letters = gateway_of(request).dead_letters
    page: list[Kept] = []
    async for kept in letters.after(after, durable):
        page.append(kept)
        if len(page) > limit:
            break
    shown = [DeadLetterSummary(**_summary(kept)) for kept in page[:limit]]
    return show(
        DeadLetterPage(
            dead_letters=shown,
            total=await letters.count(durable),
            next_cursor=str(shown[-1].number) if len(page) > limit else None,
        )
    )


@lean.get(
    "/v1/dead-letters/{number}",
    response_model=DeadLetterShown,
    responses=problems(401, 403, 404, 503),
    openapi_extra={"security": SECURITY, "parameters": [_IN_PATH]},
)
async def show_dead_letter(request: Request) -> Response:
    """One dead letter with its headers and payload. That may hold personal data."""
    await operator(request)
    kept = await gateway_of(request).dead_letters.find(_number(request))
    payload = kept.letter.payload
    try:
        shown = Payload(encoding="text", data=payload.decode())
    except UnicodeDecodeError:
        shown = Payload(encoding="base64", data=base64.b64encode(payload).decode())
    return show(DeadLetterShown(**_summary(kept), headers=dict(kept.letter.headers), payload=shown))


@lean.post(
    "/v1/dead-letters/replay",
    response_model=BulkReplayShown,
    responses=problems(401, 403, 408, 409, 413, 415, 422, 503),
    openapi_extra=takes(BulkDecision),
)
async def replay_dead_letters(request: Request) -> Response:
    """Let one consumer handle its dead letters again: up to 500, 50 a second. Stops if ten in a row fail again."""
    await operator(request)
    body = await read_json(request, BulkDecision)
    letters = gateway_of(request).dead_letters
    done = await letters.replay_many(body.durable, body.after, body.limit, _deed(request, body))
    return show(
        BulkReplayShown(
            replayed=done.replayed,
            failed=[ReplayFailure(number=number, detail=detail) for number, detail in done.failed],
            last=done.last,
            remaining=await letters.count(body.durable),
            stopped=done.stopped,
        )
    )


@lean.post(
    "/v1/dead-letters/{number}/replay",
    response_model=DecisionShown,
    responses=problems(401, 403, 404, 408, 409, 413, 415, 422, 503),
    openapi_extra=_DECISION,
)
async def replay_dead_letter(request: Request) -> Response:
    """Let its consumer handle the message again. Done once: a second call tells of the first."""
    await operator(request)
    number, deed = _number(request), _deed(request, await read_json(request, Decision, empty=b"{}"))
    return _decided(number, deed, await gateway_of(request).dead_letters.replay(number, deed))


@lean.post(
    "/v1/dead-letters/{number}/discard",
    response_model=DecisionShown,
    responses=problems(401, 403, 404, 408, 409, 413, 415, 422, 503),
    openapi_extra=_DECISION,
)
async def discard_dead_letter(request: Request) -> Response:
    """Give a message up for good: it is erased, the audit log says who and why."""
    await operator(request)
    number, deed = _number(request), _deed(request, await read_json(request, Decision, empty=b"{}"))
    return _decided(number, deed, await gateway_of(request).dead_letters.discard(number, deed))


def _number(request: Request) -> int:
    text: str = request.path_params["number"]
    if not _NUMBER.fullmatch(text):
        raise NotFound("There is no dead letter of that number.")
    return int(text)


def _deed(request: Request, body: Decision) -> Deed:
    return Deed(f"operator ({body.by})" if body.by else "operator", body.reason, request.scope["request_id"])


def _summary(kept: Kept) -> dict[str, Any]:
    letter = kept.letter
    return {
        "number": kept.number,
        "died_at": kept.died_at,
        "durable": letter.durable,
        "subject": letter.subject,
        "stream": letter.stream,
        "sequence": letter.sequence,
        "attempts": letter.attempts,
        "reason": letter.reason,
        "error": letter.error,
        "size": len(letter.payload),
    }


def _decided(number: int, deed: Deed, entry: AuditEntry) -> Response:
    return show(
        DecisionShown(
            number=number,
            action="replayed" if entry.action == Action.REPLAYED else "discarded",
            decided_at=entry.recorded_at,
            actor=entry.actor,
            reason=entry.reason,
            details=entry.details,
            repeated=entry.request_id != deed.request_id,
        )
    )
