"""Handling a dead letter once more, in the service whose consumer failed (ADR 0018).

The operator's gateway asks, an instance of the service answers what became of it. Nothing is published
again: no other consumer sees the message a second time, and the dead letter stays until it is handled.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from pydantic import ValidationError

from shared.contracts.base import Contract
from shared.errors import AlreadyHandled, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.consumer import Run
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.handlers import Handler
from shared.metrics import MESSAGES_HANDLED

log = structlog.get_logger()

HANDLING_SECONDS = 20
"""How long a handler may take for one dead letter."""
ANSWER_SECONDS = HANDLING_SECONDS + 2


class Replayed(Contract):
    """What became of a dead letter that was handled once more."""

    outcome: Literal["handled", "duplicate", "failed", "unavailable"]
    """`duplicate`: its consumer had handled the message already. The last two leave everything as it was."""
    detail: str = ""
    """What went wrong."""


def address(service: str) -> str:
    """Where a service is asked."""
    return f"rpc.{service}.replay_message"


async def replay(broker: Broker, letter: DeadLetter) -> Replayed:
    """Let the service of the letter's consumer handle it. Raises `Unavailable` if nobody answers: ask again."""
    headers = {"Dead-Durable": letter.durable, "Dead-Subject": letter.subject}
    try:
        subject = address(letter.durable.partition("-")[0])
        answer = await broker.request(subject, letter.payload, ANSWER_SECONDS, headers)
        return Replayed.model_validate_json(answer.data)
    except ValidationError as error:
        raise Unavailable("the answer to a replay can't be read") from error
    except ValueError:
        return Replayed(outcome="failed", detail="no consumer bears that name")


class Replays:
    """Answers for one service's consumers, one replica for each letter."""

    def __init__(self, broker: Broker, service: str, handlers: Sequence[Handler], run: Run) -> None:
        self._broker = broker
        self._service = service
        self._handlers = {handler.durable: handler for handler in handlers}
        self._run = run
        self._running: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def listen(self) -> None:
        """Answer from now on."""
        self._subscription = await self._broker.subscribe(address(self._service), self._receive, queue=self._service)

    async def finish(self) -> None:
        """Take no more; returns once those in hand are answered."""
        if self._subscription is not None:
            await self._broker.unsubscribe(self._subscription)
        await asyncio.gather(*self._running)

    async def _receive(self, msg: Msg) -> None:
        task = asyncio.create_task(_answer(msg, self._handlers, self._run))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _answer(msg: Msg, handlers: dict[str, Handler], run: Run) -> None:
    headers = msg.headers or {}
    durable, subject = headers.get("Dead-Durable", ""), headers.get("Dead-Subject", "")
    if handler := handlers.get(durable):
        answer = await _handle(handler, subject, msg.data, run)
        MESSAGES_HANDLED.labels(durable, f"replay_{answer.outcome}").inc()
    else:
        answer = Replayed(outcome="failed", detail="the service has no consumer of that name")
    log.info("dead_letter_replayed", handler=durable, outcome=answer.outcome, detail=answer.detail)
    try:
        await msg.respond(answer.model_dump_json().encode())
    except (NatsError, OSError) as error:
        log.warning("reply_not_sent", subject=msg.subject, error=type(error).__name__)


async def _handle(handler: Handler, subject: str, payload: bytes, run: Run) -> Replayed:
    try:
        async with asyncio.timeout(HANDLING_SECONDS):
            await run(handler, [handler.decode(subject, payload)])
    except AlreadyHandled:
        return Replayed(outcome="duplicate")
    except Unavailable as error:
        return Replayed(outcome="unavailable", detail=str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, the letter stays and the operator is told
        return Replayed(outcome="failed", detail=f"{type(error).__name__}: {error}"[:300])
    return Replayed(outcome="handled")
