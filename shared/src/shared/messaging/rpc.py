"""Typed questions over request/reply, registered with the NATS micro protocol.

A reply is `{"result": ...}` or `{"refusal": ...}`, deflated if it is long; an unexpected failure is told as `internal`,
never with its text. Refusals bear the headers of the protocol as well (ADR-32 of NATS's own), for clients of others.
"""

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.micro.request import ERROR_CODE_HEADER, ERROR_HEADER, Request
from pydantic import ValidationError

from shared.contracts.base import Contract, Query, Refusal
from shared.errors import DomainError, Poison, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.marks import may_be_answered
from shared.metrics import FOREIGN_MESSAGES, RPC_SECONDS

log = structlog.get_logger()

R = TypeVar("R", bound=Contract)

_RESULT = b'{"result":'
_DEFLATED = b"\x78"
"""How a zlib stream begins (RFC 1950 §2.2), and no JSON."""

Answer = Callable[[Query[Any]], Awaitable[Contract]]
"""Finds the answer to a query. Raises the `DomainError` with which it is refused."""

CONCURRENCY = 32
"""Queries answered at once in one process."""
WAITING = 512
"""Queries that may wait for their turn; who asks beyond that is told at once."""
TENANT_CONCURRENCY = 5
"""Queries of one tenant answered at once: half of a service's connections to its database."""
TENANT_WAITING = 256
"""Queries of one tenant that may wait for their turn."""
DEFLATED_FROM = 128 * 1024
"""Replies of so many bytes are deflated: a month of free slots names the same few resources again and again."""
DEFECTS = frozenset({"invalid_query", "answer_too_large"})
"""Refusals that a program of other people's may bring about, and ours only by being wrong."""
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


@dataclass(slots=True)
class Tally:
    """How the questions of one type went, in this process."""

    asked: int = 0
    failed: int = 0
    """Answered with a refusal that is our fault: 5xx."""
    nanoseconds: int = 0
    """Spent on all of them, their waiting left out."""
    last_failure: str = ""


@dataclass(frozen=True, slots=True)
class _Answered:
    """One reply as it goes out."""

    body: bytes
    refusal: Refusal | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What clients that know the protocol look for; none for a result."""
        if self.refusal is None:
            return {}
        return {ERROR_HEADER: self.refusal.title, ERROR_CODE_HEADER: str(self.refusal.status)}


class Answering:
    """Queries being answered by this process: some at once, some waiting for their turn, no more than that.

    A question whose asker has given up is not answered: under overload the work would be spent on
    answers that nobody reads. No tenant has more than a share of the turns (ADR 0033).
    """

    def __init__(self, broker: Broker, answer: Answer, tasks: asyncio.TaskGroup) -> None:
        self._broker = broker
        self._answer = answer
        self._tasks = tasks
        self._room = asyncio.Semaphore(CONCURRENCY)
        self._subscriptions: list[Subscription] = []
        self._replies: set[asyncio.Task[None]] = set()
        self._of_tenants: dict[str, _Share] = {}
        self.tallies: dict[type[Query[Any]], Tally] = {}
        """How each type of question went so far."""

    async def listen(self, query_type: type[Query[Any]], queue: str) -> None:
        """Answer questions of this type from here on, as one of the queue group."""
        tally = self.tallies[query_type] = Tally()

        async def receive(msg: Msg) -> None:
            if not may_be_answered(msg.reply):
                FOREIGN_MESSAGES.labels(query_type.TYPE).inc()
                return
            tally.asked += 1
            tenant = msg.subject.rpartition(".")[2]
            share = self._of_tenants.get(tenant) or _Share()
            if len(self._replies) >= CONCURRENCY + WAITING or share.asked >= TENANT_CONCURRENCY + TENANT_WAITING:
                RPC_SECONDS.labels(query_type.TYPE, "overloaded").observe(0)
                tally.failed += 1
                await _respond(msg, _refuse("unavailable", 503, "Unavailable", "too many questions wait already"))
                return
            share.asked += 1
            self._of_tenants[tenant] = share
            reply = self._tasks.create_task(self._reply_in_turn(msg, query_type, tenant, share))
            self._replies.add(reply)
            reply.add_done_callback(self._replies.discard)

        self._subscriptions.append(await self._broker.subscribe(f"{query_type.TYPE}.*", receive, queue))

    async def finish(self) -> None:
        """Take no more questions, and answer those that have come."""
        await asyncio.gather(*(self._broker.unsubscribe(subscription) for subscription in self._subscriptions))
        if self._replies:
            await asyncio.wait(self._replies)

    async def _reply_in_turn(self, msg: Msg, query_type: type[Query[Any]], tenant: str, share: "_Share") -> None:
        received_at = time.monotonic()
        try:
            async with share.turns, self._room:
                if time.monotonic() - received_at < _patience(msg):
                    await _reply(msg, query_type, self._answer, self.tallies[query_type])
                else:
                    RPC_SECONDS.labels(query_type.TYPE, "expired").observe(time.monotonic() - received_at)
        finally:
            share.asked -= 1
            if not share.asked:
                del self._of_tenants[tenant]


class _Share:
    """What one tenant has of the turns, while it has questions here."""

    __slots__ = ("asked", "turns")

    def __init__(self) -> None:
        self.asked = 0
        self.turns = asyncio.Semaphore(TENANT_CONCURRENCY)


def _patience(msg: Msg) -> float:
    """How many seconds the asker waits for its answer; for ever if it does not say."""
    try:
        return float((msg.headers or {}).get(PATIENCE_HEADER, "inf"))
    except ValueError:
        return float("inf")


async def serve(
    broker: Broker, service: str, queries: Iterable[type[Query[Any]]], answer: Answer, tasks: asyncio.TaskGroup
) -> Answering:
    """Answer queries of these types from here on, in the service's queue group."""
    answering = Answering(broker, answer, tasks)
    for query_type in queries:
        await answering.listen(query_type, service)
    return answering


async def _reply(msg: Msg, query_type: type[Query[Any]], answer: Answer, tally: Tally) -> None:
    started = time.perf_counter_ns()
    outcome = "ok"
    try:
        query = _decode(query_type, msg)
        answered = _Answered(_RESULT + (await answer(query)).model_dump_json().encode() + b"}")
    except Poison as error:
        outcome, answered = "invalid", _refuse("invalid_query", 422, "Invalid query", str(error))
    except DomainError as error:
        outcome, answered = "refused", _refuse(error.code, error.status, error.title, error.detail, error.extra)
    except Unavailable as error:
        outcome, answered = "unavailable", _refuse("unavailable", 503, "Unavailable", str(error))
    except Exception:
        log.exception("question_failed", subject=query_type.TYPE)
        outcome, answered = "failed", _refuse("internal", 500, "Internal error", "the question could not be answered")
    await _respond(msg, answered)
    spent = time.perf_counter_ns() - started
    tally.nanoseconds += spent
    if answered.refusal and answered.refusal.status >= 500:
        tally.failed += 1
        tally.last_failure = answered.refusal.code
    RPC_SECONDS.labels(query_type.TYPE, outcome).observe(spent / 1e9)


async def _respond(msg: Msg, answered: _Answered) -> None:
    body, headers, request = answered.body, answered.headers, Request(msg)
    if len(body) >= DEFLATED_FROM:
        body = await asyncio.to_thread(zlib.compress, body, 1)  # which holds no lock that the loop needs
        headers["Content-Encoding"] = "deflate"
    try:
        try:
            await request.respond(body, headers)
        except MaxPayloadError:
            refused = _refuse("answer_too_large", 422, "Answer too large", "ask for less at once")
            await request.respond(refused.body, refused.headers)
    except (NatsError, OSError) as error:
        log.warning("reply_not_sent", subject=msg.subject, error=type(error).__name__)


def _decode(query_type: type[Query[Any]], msg: Msg) -> Query[Any]:
    """The query. Raises `Poison`; a ValidationError out of the service's function is its bug."""
    try:
        query = query_type.model_validate_json(msg.data)
    except ValidationError as error:
        raise Poison("the question breaks its contract") from error
    if query.subject != msg.subject:
        raise Poison("the subject names another tenant than the body")
    return query


def _refuse(code: str, status: int, title: str, detail: str, extra: dict[str, Any] | None = None) -> _Answered:
    refusal = Refusal(code=code, status=status, title=title, detail=detail, extra=extra or {})
    return _Answered(b'{"refusal":' + refusal.model_dump_json().encode() + b"}", refusal)


async def call(broker: Broker, query: Query[R], timeout: float = 2.0) -> R:
    """Ask the service that owns the question.

    Raises `Rejected` with its refusal, `Unavailable` if nobody answers within `timeout` seconds, or
    `Undeclared` if the service has not declared that it asks this.
    """
    return query.reply_type().model_validate_json(await call_unread(broker, query, timeout))


async def call_unread(broker: Broker, query: Query[Any], timeout: float = 2.0) -> bytes:
    """As `call`, but the answer as the JSON that it came as, for who only passes it on."""
    broker.check_use(type(query))
    patience = {PATIENCE_HEADER: f"{timeout:g}"}
    reply = (await broker.request(query.subject, query.model_dump_json().encode(), timeout, patience)).data
    if reply.startswith(_DEFLATED):
        reply = await asyncio.to_thread(zlib.decompress, reply)
    if reply.startswith(_RESULT):
        return reply[len(_RESULT) : -1]
    refusal = _Refused.model_validate_json(reply).refusal
    if refusal.code in DEFECTS:
        # Both sides are ours: they have different releases, and whoever asked by HTTP can do nothing about it.
        log.error("question_went_wrong", subject=query.TYPE, reason=refusal.detail)
        raise Rejected(Refusal(code="internal", status=500, title="Internal error", detail=refusal.detail))
    if refusal.status == 503:
        raise Unavailable(refusal.detail)
    raise Rejected(refusal)
