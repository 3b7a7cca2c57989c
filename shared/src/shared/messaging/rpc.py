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
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from pydantic import ValidationError

from shared.contracts.base import Contract, Query, Refusal
from shared.errors import DomainError, Poison, Unavailable
from shared.messaging.broker import Broker
from shared.metrics import RPC_SECONDS

log = structlog.get_logger()

R = TypeVar("R", bound=Contract)
F = TypeVar("F", bound=Callable[..., Awaitable[Contract]])

Handler = Callable[..., Awaitable[Contract]]
Answer = Callable[[Handler, Query[Any]], Awaitable[Contract]]
"""Calls a handler with its context."""

CONCURRENCY = 32
"""Questions answered at once in one process."""
WAITING = 512
"""Questions that may wait for their turn; who asks beyond that is told at once."""
PATIENCE_HEADER = "Patience-Seconds"
"""How long the asker waits for its answer."""


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
        self.declared: dict[type[Query[Any]], Handler] = {}

    def answers(self, query_type: type[Query[Any]]) -> Callable[[F], F]:
        """Answer questions of this type with the decorated function."""

        def declare(handler: F) -> F:
            self.declared[query_type] = handler
            return handler

        return declare


class Answering:
    """Questions being answered by this process: some at once, some waiting for their turn, no more than that.

    A question whose asker has given up is not answered: under overload the work would be spent on
    answers that nobody reads.
    """

    def __init__(self, broker: Broker, answer: Answer, tasks: asyncio.TaskGroup) -> None:
        self._broker = broker
        self._answer = answer
        self._tasks = tasks
        self._room = asyncio.Semaphore(CONCURRENCY)
        self._subscriptions: list[Subscription] = []
        self._replies: set[asyncio.Task[None]] = set()

    async def listen(self, query_type: type[Query[Any]], handler: Handler, queue: str) -> None:
        """Answer questions of this type from here on, as one of the queue group."""

        async def receive(msg: Msg) -> None:
            if len(self._replies) >= CONCURRENCY + WAITING:
                RPC_SECONDS.labels(query_type.SUBJECT, "overloaded").observe(0)
                await _respond(msg, _refuse("unavailable", 503, "Unavailable", "too many questions wait already"))
                return
            reply = self._tasks.create_task(self._reply_in_turn(msg, query_type, handler, time.monotonic()))
            self._replies.add(reply)
            reply.add_done_callback(self._replies.discard)

        self._subscriptions.append(await self._broker.subscribe(query_type.SUBJECT, receive, queue))

    async def finish(self) -> None:
        """Take no more questions, and answer those that have come."""
        await asyncio.gather(*(self._broker.unsubscribe(subscription) for subscription in self._subscriptions))
        if self._replies:
            await asyncio.wait(self._replies)

    async def _reply_in_turn(
        self, msg: Msg, query_type: type[Query[Any]], handler: Handler, received_at: float
    ) -> None:
        async with self._room:
            if time.monotonic() - received_at < _patience(msg):
                await _reply(msg, query_type, handler, self._answer)
            else:
                RPC_SECONDS.labels(query_type.SUBJECT, "expired").observe(time.monotonic() - received_at)


def _patience(msg: Msg) -> float:
    """How many seconds the asker waits for its answer; for ever if it does not say."""
    try:
        return float((msg.headers or {}).get(PATIENCE_HEADER, "inf"))
    except ValueError:
        return float("inf")


async def serve(broker: Broker, questions: Questions, answer: Answer, tasks: asyncio.TaskGroup) -> Answering:
    """Subscribe to every declared question, in the service's queue group."""
    answering = Answering(broker, answer, tasks)
    for query_type, handler in questions.declared.items():
        await answering.listen(query_type, handler, questions.service)
    return answering


async def _reply(msg: Msg, query_type: type[Query[Any]], handler: Handler, answer: Answer) -> None:
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
    await _respond(msg, body)
    RPC_SECONDS.labels(query_type.SUBJECT, outcome).observe(time.perf_counter() - started)


async def _respond(msg: Msg, body: bytes) -> None:
    try:
        await msg.respond(body)
    except (NatsError, OSError) as error:
        log.warning("reply_not_sent", subject=msg.subject, error=type(error).__name__)


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
    patience = {PATIENCE_HEADER: f"{timeout:g}"}
    answer = await broker.ask(query.SUBJECT, query.model_dump_json().encode(), timeout, patience)
    reply = _reply_to(type(query)).model_validate_json(answer.data)
    if reply.refusal is not None:
        if reply.refusal.status == 503:
            raise Unavailable(reply.refusal.detail)
        raise Rejected(reply.refusal)
    if reply.result is None:
        raise Unavailable(f"{query.SUBJECT} was answered with neither a result nor a refusal")
    return cast(R, reply.result)
