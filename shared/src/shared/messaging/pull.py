"""Pulling from a durable consumer with a standing request, instead of `fetch`.

nats-py's `fetch(n)` waits for a batch to fill and sits out its time-out across a broker restart.
Here messages come as they are stored, a request is renewed before it is used
up, and a silent server is noticed by its missing heartbeats.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from shared.messaging.broker import Broker

log = structlog.get_logger()

EXPIRES_SECONDS = 20
HEARTBEAT_SECONDS = 2
SILENCE_SECONDS = 5.0
QUIET_SECONDS = 0.25
"""Without news for so long after a request, the server has nothing under way for it."""
SETTLE_SECONDS = 1.0
"""How long a stop waits for what is under way."""


class Pull:
    """A stream of deliveries for one durable, at most `capacity` of them unfinished in this process."""

    def __init__(
        self, broker: Broker, stream: str, durable: str, capacity: int, give_back: Callable[[Msg], Awaitable[None]]
    ) -> None:
        """`give_back` is called with each delivery that has come and that nobody will take."""
        self.durable = durable
        self._broker = broker
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = broker.new_inbox()
        self._capacity = capacity
        self._give_back = give_back
        self._ready: deque[Msg] = deque()
        self._asked_for = 0
        self._taken = 0
        self._heard_at = 0.0
        self._wake = asyncio.Event()
        self._stopping = False
        self._ended = False
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Subscribe; messages flow from the first `take`."""
        self._subscription = await self._broker.client.subscribe(
            self._inbox, cb=self._on_message, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        self._broker.reconnected.append(self._forget_requests)

    async def take(self, most: int, linger: float = 0) -> list[Msg]:
        """Up to `most` deliveries, as soon as there is one, or `linger` seconds later for company.

        Empty once stopped. Follow with `done`.
        """
        while not self._stopping:
            await self._renew_request()
            if self._ready:
                if linger and len(self._ready) < most:
                    await asyncio.sleep(linger)
                batch = [self._ready.popleft() for _ in range(min(most, len(self._ready)))]
                self._taken += len(batch)
                return batch
            self._wake.clear()
            try:
                async with asyncio.timeout(1):
                    await self._wake.wait()
            except TimeoutError:
                continue
        return []

    def done(self, count: int) -> None:
        """These deliveries are settled: room for as many more."""
        self._taken -= count

    async def stop(self) -> int:
        """End the request and give back what nobody has taken; returns how many deliveries.

        Those that were on their way are among them: left alone they would lie for the whole ack wait. What a
        silent network holds back until after the return is given back when it comes.
        """
        self._stopping = True
        self._wake.set()
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            self._broker.reconnected.remove(self._forget_requests)
            await self._until_quiet()
            await self._broker.unsubscribe(subscription)
        self._ended = True
        left = len(self._ready)
        while self._ready:
            await self._give_back(self._ready.popleft())
        return left

    async def _until_quiet(self) -> None:
        """Wait for what the server has under way for our request, as long as it comes.

        The server looks whether anybody listens when it takes a message for a request, and sends it a little later:
        whoever stops listening in between loses the message for the whole ack wait.
        """
        give_up_at = time.monotonic() + SETTLE_SECONDS
        while self._asked_for and self._broker.connected:
            now = time.monotonic()
            if now >= give_up_at or now - self._heard_at > QUIET_SECONDS:
                return
            await asyncio.sleep(0.01)

    async def _renew_request(self) -> None:
        now = time.monotonic()
        if self._asked_for and now - self._heard_at > SILENCE_SECONDS:
            self._asked_for = 0
        room = self._capacity - self._taken - len(self._ready) - self._asked_for
        if room < max(1, self._capacity // 2) or not self._broker.connected:
            return
        request = {
            "batch": room,
            "expires": EXPIRES_SECONDS * 1_000_000_000,
            "idle_heartbeat": HEARTBEAT_SECONDS * 1_000_000_000,
        }
        self._asked_for += room
        self._heard_at = now
        try:
            await self._broker.client.publish(self._subject, json.dumps(request).encode(), self._inbox)
        except (NatsError, OSError) as error:
            self._asked_for -= room
            log.warning("pull_failed", durable=self.durable, error=type(error).__name__)

    async def _on_message(self, msg: Msg) -> None:
        self._heard_at = time.monotonic()
        # Only the server's own words come without a reply: a stored message may bear the same header.
        status = msg.headers.get("Status") if msg.headers and not msg.data and not msg.reply else None
        if status is None and self._ended:
            await self._give_back(msg)
        elif status is None:
            self._asked_for = max(0, self._asked_for - 1)
            self._ready.append(msg)
        elif status == "503":
            # Nobody serves this consumer just now: let SILENCE_SECONDS pass before asking again.
            return
        elif status != "100":
            unused = (msg.headers or {}).get("Nats-Pending-Messages", "0")
            self._asked_for = max(0, self._asked_for - int(unused))
            if status == "409":
                log.warning("pull_ended", durable=self.durable, description=(msg.headers or {}).get("Description"))
        self._wake.set()

    def _forget_requests(self) -> None:
        """A new connection: the server has forgotten our requests, so ask again."""
        self._asked_for = 0
        self._wake.set()
