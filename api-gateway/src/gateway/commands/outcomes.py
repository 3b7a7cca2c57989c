"""Where the outcomes of commands come back to the HTTP requests that wait for them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import structlog
from nats.aio.msg import Msg
from pydantic import ValidationError

from shared.contracts.base import Outcome, Outcomes
from shared.errors import Unavailable
from shared.messaging.broker import Broker

log = structlog.get_logger()


class OutcomeInbox:
    """This process's inbox for outcomes; whoever wants one must ask before the command is published."""

    def __init__(self, broker: Broker) -> None:
        self.subject = f"outcome.{uuid4().hex}"
        self._broker = broker
        self._waiting: dict[UUID, asyncio.Future[Outcome]] = {}
        self._listening = False
        self._heard_at = 0.0

    async def listen(self) -> None:
        """Subscribe; from here on `expect` works, across reconnects too."""
        await self._broker.subscribe(self.subject, self._receive)
        self._listening = True

    async def check(self) -> None:
        """Whether outcomes can be waited for. Raises `Unavailable` if not yet."""
        if not self._listening:
            raise Unavailable("not listening for outcomes yet")

    @contextmanager
    def expect(self, command_id: UUID) -> Iterator[asyncio.Future[Outcome]]:
        """The outcome of this command, once it comes, for as long as the block runs.

        Raises `Unavailable` before the inbox listens: an outcome would be missed.
        """
        if not self._listening:
            raise Unavailable("not listening for outcomes yet")
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[command_id] = future
        try:
            yield future
        finally:
            del self._waiting[command_id]

    def silent_since(self, moment: float) -> bool:
        """Whether not a single outcome has come since then (event loop's time): nobody carries anything out."""
        return self._heard_at < moment

    async def _receive(self, msg: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        try:
            outcomes = Outcomes.model_validate_json(msg.data).outcomes
        except ValidationError:
            log.error("outcomes_undecodable", size=len(msg.data))
            return
        for outcome in outcomes:
            # Whoever no longer waits has been answered 202, and finds the outcome by GET.
            future = self._waiting.get(outcome.command_id)
            if future and not future.done():
                future.set_result(outcome)
