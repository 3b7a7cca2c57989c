"""Handling a dead letter once more, in the service whose consumer failed (ADR 0018).

The operator's gateway names the letter by its number, an instance of the service fetches it from DEADLETTER and
answers what became of it: who asks can't put words into it. Nothing is published again: no other consumer sees the
message a second time, and the dead letter stays until it is handled.
"""

import asyncio
from collections.abc import Sequence
from typing import Literal

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from shared.contracts.base import Contract
from shared.errors import AlreadyHandled, Poison, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.consumer import Run
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.handlers import Handler
from shared.messaging.marks import is_ours, may_be_answered
from shared.messaging.topology import DEADLETTER
from shared.metrics import FOREIGN_MESSAGES, MESSAGES_HANDLED

log = structlog.get_logger()

HANDLING_SECONDS = 20
"""How long a handler may take for one dead letter."""
ANSWER_SECONDS = HANDLING_SECONDS + 2


class Replayed(Contract):
    """What became of a dead letter that was handled once more."""

    outcome: Literal["handled", "duplicate", "gone", "failed", "unavailable"]
    """`duplicate`: its consumer had handled the message already; `gone`: there is no letter of that number, somebody
    else has decided on it perhaps. The last two leave everything as it was."""
    detail: str = ""
    """What went wrong."""


def address(service: str) -> str:
    """Where a service is asked."""
    return f"rpc.{service}.replay_message"


async def replay(broker: Broker, number: int, durable: str) -> Replayed:
    """Let the service of this consumer handle its letter of that number.

    Raises `Unavailable` if nobody answers: ask again.
    """
    try:
        subject = address(durable.partition("-")[0])
        answer = await broker.request(subject, str(number).encode(), ANSWER_SECONDS)
        return Replayed.model_validate_json(answer.data)
    except ValidationError as error:
        raise Unavailable("the answer to a replay can't be read") from error
    except ValueError:
        return Replayed(outcome="failed", detail="no consumer bears that name")


class _Gone(Exception):
    """There is no letter of that number."""


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

    async def _answer(self, msg: Msg) -> None:
        durable = ""
        try:
            letter = await _fetch(self._broker, msg.data.decode("ascii", "replace"))
            durable = letter.durable
            if handler := self._handlers.get(durable):
                answer = await _handle(handler, letter.subject, letter.payload, self._run)
                MESSAGES_HANDLED.labels(durable, f"replay_{answer.outcome}").inc()
            else:
                answer = Replayed(outcome="failed", detail="the service has no consumer of that name")
        except _Gone:
            answer = Replayed(outcome="gone", detail="there is no dead letter of that number")
        except Poison as error:
            answer = Replayed(outcome="failed", detail=str(error))
        except Unavailable as error:
            answer = Replayed(outcome="unavailable", detail=str(error))
        log.info("dead_letter_replayed", handler=durable, outcome=answer.outcome, detail=answer.detail)
        try:
            await msg.respond(answer.model_dump_json().encode())
        except (NatsError, OSError) as error:
            log.warning("reply_not_sent", subject=msg.subject, error=type(error).__name__)

    async def _receive(self, msg: Msg) -> None:
        if not may_be_answered(msg.reply):
            FOREIGN_MESSAGES.labels(address(self._service)).inc()
            return
        task = asyncio.create_task(self._answer(msg))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _fetch(broker: Broker, number: str) -> DeadLetter:
    """The letter of this number, as one of our consumers wrote it.

    Raises `_Gone`, `Poison` if none of ours has written it, `Unavailable` if NATS does not answer.
    """
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Poison("that is no number of a dead letter")
    try:
        # Not a direct get: its answer mixes the server's headers with those of the message.
        raw = await broker.js.get_msg(DEADLETTER, seq=int(number))
    except NotFoundError:
        raise _Gone from None
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        raise Unavailable(f"nats: {type(error).__name__}") from error
    letter = DeadLetter.read(raw.subject or "", raw.headers or {}, raw.data or b"")
    headers = raw.headers or {}
    if raw.subject != letter.address or not is_ours(headers) or headers["Nats-Msg-Id"] != letter.message_id:
        raise Poison("none of our consumers has written this")
    return letter


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
