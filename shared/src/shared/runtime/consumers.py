"""The consumers of one process: run together, watched together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.messaging.consumer import DEAD_IN_A_ROW, Consumer, Run
from shared.messaging.handlers import Handler
from shared.messaging.topology import CURE, TopologyDrift
from shared.metrics import CONSUMER_PENDING, CONSUMER_REDELIVERED, CONSUMER_STALLED_SECONDS

STALLED_SECONDS = 60
"""A consumer with messages waiting and no progress for this long makes its process unready."""
WATCH_SECONDS = 3


class Consumers:
    """One consumer a handler, and what is known of their lag."""

    def __init__(self, broker: Broker, handlers: Sequence[Handler], run: Run, lag: Callable[[str, int], Any]) -> None:
        """`lag` is told how many messages wait for a durable consumer."""
        self._broker = broker
        self._lag = lag
        self._stalled: dict[str, float] = {}
        self.consumers = {handler.durable: Consumer(broker, handler, run) for handler in handlers}

    async def stop(self) -> None:
        """Take nothing more; each consumer's `run` returns once it has settled what it has in hand."""
        await asyncio.gather(*(consumer.stop() for consumer in self.consumers.values()))

    async def check(self) -> None:
        """Each makes progress while messages wait for it. Raises `Unavailable` with the one that does not."""
        for durable, consumer in self.consumers.items():
            if consumer.halted:
                raise Unavailable(
                    f"{durable} has stopped after {DEAD_IN_A_ROW} dead letters in a row: "
                    "see what they say, mend it, restart"
                )
            if self._stalled.get(durable, 0) > STALLED_SECONDS:
                raise Unavailable(f"{durable} makes no progress")

    async def watch(self) -> None:
        """Keep an eye on lag and progress. Raises `TopologyDrift` if a consumer has been taken away."""
        while True:
            for durable, consumer in self.consumers.items():
                try:
                    info = await self._broker.js.consumer_info(consumer.handler.stream, durable)
                except NotFoundError as error:
                    raise TopologyDrift(f"consumer {durable} is gone. {CURE}") from error
                except (NatsError, JetStreamError, OSError, TimeoutError):
                    continue  # whether NATS answers is another check's business
                waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
                if not waiting:
                    consumer.progress_at = time.monotonic()
                self._stalled[durable] = time.monotonic() - consumer.progress_at if waiting else 0.0
                self._lag(durable, info.num_pending or 0)
                CONSUMER_PENDING.labels(durable).set(info.num_pending or 0)
                CONSUMER_REDELIVERED.labels(durable).set(info.num_redelivered or 0)
                CONSUMER_STALLED_SECONDS.labels(durable).set(self._stalled[durable])
            await asyncio.sleep(WATCH_SECONDS)
