"""Typed questions over request/reply, registered with the NATS micro protocol (design §1.2).

A reply is `{"result": ...}` or `{"refusal": ...}`; an unexpected failure is told as `internal`,
never with its text.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, Generic, TypeVar, cast

import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import ValidationError

from shared.contracts.base import Contract, Query, Refusal
from shared.errors import DomainError, Poison, Unavailable
from shared.messaging.broker import Broker
from shared.metrics import RPC_SECONDS

log = structlog.get_logger()

R = TypeVar("R", bound=Contract)
F = TypeVar("F", bound=Callable[..., Awaitable[Contract]])

Answer = Callable[[Callable[..., Awaitable[Contract]], Query[Any]], Awaitable[Contract]]
"""Calls a handler with its context."""

CONCURRENCY = 32
"""Questions answered at once in one process; the rest wait in the subscription."""


class Rejected(Exception):
    """The other side refused the question; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class Reply(Contract, Generic[R]):
    """What goes over the wire: one of the two."""

    result: R | None = None
    refusal: Refusal | None = None


@cache
def _reply_to(query_type: type[Query[Any]]) -> type[Reply[Any]]:
    """The reply's model, so that its JSON is read and validated in one go."""
    return cast(type[Reply[Any]], Reply.__class_getitem__(query_type.reply_type()))


class Questions:
    """The questions that one service answers."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.declared: dict[type[Query[Any]], Callable[..., Awaitable[Contract]]] = {}

    def answers(self, query_type: type[Query[Any]]) -> Callable[[F], F]:
        """Answer questions of this type with the decorated function."""

        def declare(handler: F) -> F:
            self.declared[query_type] = handler
            return handler

        return declare


async def serve(broker: Broker, questions: Questions, answer: Answer, tasks: asyncio.TaskGroup) -> None:
    """Subscribe to every declared question, in the service's queue group."""
    room = asyncio.Semaphore(CONCURRENCY)
    for query_type, handler in questions.declared.items():

        async def receive(
            msg: Msg,
            query_type: type[Query[Any]] = query_type,
            handler: Callable[..., Awaitable[Contract]] = handler,
        ) -> None:
            await room.acquire()
            tasks.create_task(_reply(msg, query_type, handler, answer)).add_done_callback(lambda _: room.release())

        await broker.subscribe(query_type.SUBJECT, receive, queue=questions.service)


async def _reply(
    msg: Msg, query_type: type[Query[Any]], handler: Callable[..., Awaitable[Contract]], answer: Answer
) -> None:
    started = time.perf_counter()
    outcome = "ok"
    try:
        query = _decode(query_type, msg.data)
        body = b'{"result":' + (await answer(handler, query)).model_dump_json().encode() + b"}"
    except Poison as error:
        outcome, body = "invalid", _refuse("invalid_query", 422, "Invalid query", str(error))
    except DomainError as error:
        outcome, body = "refused", _refuse(error.code, error.status, error.title, error.detail, error.extra)
    except Unavailable as error:
        outcome, body = "unavailable", _refuse("unavailable", 503, "Unavailable", str(error))
    except Exception:
        log.exception("question_failed", subject=query_type.SUBJECT)
        outcome, body = "failed", _refuse("internal", 500, "Internal error", "the question could not be answered")
    try:
        await msg.respond(body)
    except (NatsError, OSError) as error:
        log.warning("reply_not_sent", subject=query_type.SUBJECT, error=type(error).__name__)
    RPC_SECONDS.labels(query_type.SUBJECT, outcome).observe(time.perf_counter() - started)


def _decode(query_type: type[Query[Any]], payload: bytes) -> Query[Any]:
    """The question. Raises `Poison`; a ValidationError out of a handler is the handler's bug."""
    try:
        return query_type.model_validate_json(payload)
    except ValidationError as error:
        raise Poison("the question breaks its contract") from error


def _refuse(code: str, status: int, title: str, detail: str, extra: dict[str, Any] | None = None) -> bytes:
    refusal = Refusal(code=code, status=status, title=title, detail=detail, extra=extra or {})
    return b'{"refusal":' + refusal.model_dump_json().encode() + b"}"


async def call(broker: Broker, query: Query[R], timeout: float = 2.0) -> R:
    """Ask the service that owns the question.

    Raises `Rejected` with its refusal, or `Unavailable` if nobody answers within `timeout` seconds.
    """
    answer = await broker.ask(query.SUBJECT, query.model_dump_json().encode(), timeout)
    reply = _reply_to(type(query)).model_validate_json(answer.data)
    if reply.refusal is not None:
        if reply.refusal.status == 503:
            raise Unavailable(reply.refusal.detail)
        raise Rejected(reply.refusal)
    if reply.result is None:
        raise Unavailable(f"{query.SUBJECT} was answered with neither a result nor a refusal")
    return cast(R, reply.result)
