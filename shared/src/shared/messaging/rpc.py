"""Typed questions over request/reply, registered with the NATS micro protocol (design §1.2).

A reply is `{"result": ...}` or `{"refusal": ...}`, deflated if it is long; an unexpected failure is told as `internal`,
never with its text.
"""

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from pydantic import ValidationError

from shared.contracts.base import Contract, Query, Refusal
from shared.errors import DomainError, Poison, Unavailable
from shared.messaging.broker import Broker
from shared.metrics import RPC_SECONDS

log = structlog.get_logger()

R = TypeVar("R", bound=Contract)
F = TypeVar("F", bound=Callable[..., Awaitable[Contract]])

Handler = Callable[..., Awaitable[Contract]]
_RESULT = b'{"result":'
_DEFLATED = b"\x78"
"""How a zlib stream begins (RFC 1950 §2.2), and no JSON."""

Answer = Callable[[Handler, Query[Any]], Awaitable[Contract]]
"""Calls a handler with its context."""

CONCURRENCY = 32
"""Questions answered at once in one process."""
WAITING = 512
"""Questions that may wait for their turn; who asks beyond that is told at once."""
DEFLATED_FROM = 128 * 1024
"""Replies of so many bytes are deflated: a month of free slots names the same few resources again and again."""
PATIENCE_HEADER = "Patience-Seconds"
"""How long the asker waits for its answer."""


class Rejected(Exception):
    """The other side refused the question; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class _Refused(Contract):
    """What goes over the wire in place of a result."""

    refusal: Refusal


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
        body = _RESULT + (await answer(handler, query)).model_dump_json().encode() + b"}"
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
    if len(body) >= DEFLATED_FROM:
        body = zlib.compress(body, 1)
    try:
        try:
            await msg.respond(body)
        except MaxPayloadError:
            await msg.respond(_refuse("answer_too_large", 422, "Answer too large", "ask for less at once"))
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
    return query.reply_type().model_validate_json(await call_unread(broker, query, timeout))


async def call_unread(broker: Broker, query: Query[Any], timeout: float = 2.0) -> bytes:
    """As `call`, but the answer as the JSON that it came as, for who only passes it on."""
    patience = {PATIENCE_HEADER: f"{timeout:g}"}
    reply = (await broker.ask(query.SUBJECT, query.model_dump_json().encode(), timeout, patience)).data
    if reply.startswith(_DEFLATED):
        reply = zlib.decompress(reply)
    if reply.startswith(_RESULT):
        return reply[len(_RESULT) : -1]
    refusal = _Refused.model_validate_json(reply).refusal
    if refusal.status == 503:
        raise Unavailable(refusal.detail)
    raise Rejected(refusal)
