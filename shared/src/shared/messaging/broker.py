"""One connection to NATS, with the client's traps taken out.

* reconnects for ever, notices a frozen server within seconds, never lets a callback raise;
* a connection that the client gives up on ends the process: its supervisor starts a new one;
* what the server denies this user is told by `check`, so that the process is unready and says why;
* publishes only with an acknowledgement, a time limit and a subject of a safe alphabet.
"""

import asyncio
import re
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js import JetStreamContext

from shared.errors import Unavailable
from shared.messaging.client import SturdyClient
from shared.messaging.denials import Denials
from shared.messaging.publishing import PUBLISH_SECONDS, Publisher
from shared.messaging.uses import Uses
from shared.metrics import NATS_CLIENT_ERRORS

log = structlog.get_logger()

UNSUBSCRIBE_SECONDS = 2.0
"""How long the server may take to say that it sends nothing more."""

CHECK_SECONDS = 1.0
"""How long a server that is well may take to answer a PING."""
REPEAT_SECONDS = 3.0
"""How often one kind of error is logged: while the server is away the client reports several a second."""

_SAFE_SUBJECT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,15}")


def check_subject(subject: str) -> str:
    """The subject itself. Raises ValueError for one that the server could choke on."""
    if len(subject) > 255 or not _SAFE_SUBJECT.fullmatch(subject):
        raise ValueError("a subject has 1 to 16 tokens of letters, digits, '_' and '-', 255 characters in all")
    return subject


class Broker:
    """A NATS connection of one process: publish, ask, subscribe; `lost` is set when it is gone for good."""

    def __init__(self, url: str, name: str, nkey_seed: str = "", tls_ca: Path | None = None) -> None:
        """`name` is the process's: its user may only listen to inboxes of that name.

        With `tls_ca`, a PEM file, TLS is spoken from the first byte, so that nobody in between can talk us out of it.
        """
        self.url = url
        self.name = name
        self._nkey_seed = nkey_seed
        self._tls = ssl.create_default_context(cafile=tls_ca) if tls_ca else None
        self._denials = Denials(self._give_up)
        self.inbox_prefix = f"_INBOX_{name}"
        self.lost = asyncio.Event()
        self.reconnected: list[Callable[[], None]] = []
        self.uses: Uses | None = None
        """What may be sent and asked over this connection; None for people's tools, which their NATS user bounds."""
        self._client: Client = SturdyClient()
        self._closing = False
        self._leaving: set[Subscription] = set()
        """What the server was told to send no more of, and has not confirmed."""
        self._said: dict[str, tuple[float, int]] = {}
        """Kind of error to when it was last logged, and how many have not been since."""
        self._opened = False
        self._publisher = Publisher(self._client, self.new_inbox())
        self._js: JetStreamContext = self._client.jetstream()

    def check_use(self, message_type: type) -> None:
        """Raises `Undeclared` for a message that this process has not declared to send or ask."""
        if self.uses is not None:
            self.uses.check(message_type)

    @property
    def client(self) -> Client:
        """The underlying client, for subscriptions."""
        return self._client

    @property
    def js(self) -> JetStreamContext:
        """The JetStream API. Raises `Unavailable` before the first connection, where the client has no answer."""
        if not self._opened:
            raise Unavailable("nats: not connected yet")
        return self._js

    @property
    def largest(self) -> int:
        """The bytes of a message that the server takes at the most, headers included."""
        return self._client.max_payload

    @property
    def connected(self) -> bool:
        """Whether the client believes it is connected; `check` is what knows."""
        return self._client.is_connected

    async def connect(self) -> None:
        """Connect, trying until the server is there."""
        attempt = 0
        while True:
            try:
                client = SturdyClient()
                await client.connect(
                    self.url,
                    name=self.name,
                    inbox_prefix=self.inbox_prefix.encode(),
                    nkeys_seed_str=self._nkey_seed or None,
                    tls=self._tls,
                    tls_handshake_first=self._tls is not None,
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25,  # type: ignore[arg-type]  # any number will do
                    ping_interval=2,
                    max_outstanding_pings=2,
                    drain_timeout=5,
                    allow_reconnect=True,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=self._on_reconnected,
                    closed_cb=self._on_closed,
                )
                self._client = client
                break
            except (NatsError, OSError, TimeoutError) as error:
                if attempt % 20 == 0:
                    log.warning("nats_unreachable", error=type(error).__name__)
                attempt += 1
                await asyncio.sleep(0.5)
        self._publisher = Publisher(self._client, self.new_inbox())
        await self._publisher.listen()
        self._js = self._client.jetstream(timeout=PUBLISH_SECONDS)
        self._opened = True
        self._denials.connected()
        url = self._client.connected_url
        log.info("nats_connected", server=f"{url.hostname}:{url.port}" if url else "")

    async def publish(
        self, subject: str, payload: bytes, message_id: str, headers: dict[str, str] | None = None
    ) -> bool:
        """Store a message on its stream; returns once the server has it on disk.

        Returns False if the stream already had a message of that id (inside its duplicate window).
        Raises `Unavailable` without a PubAck in time: the message may or may not be stored.
        """
        check_subject(subject)
        if not self.connected:
            raise Unavailable("nats: not connected")
        headers = {**(headers or {}), "Nats-Msg-Id": message_id}
        # The client measures the payload alone; the server counts the headers in and hangs up for good.
        size = len(payload) + len("NATS/1.0\r\n\r\n") + sum(len(k) + len(v.encode()) + 4 for k, v in headers.items())
        if size > self.largest:
            raise Unavailable(f"nats: a message of {size} bytes is too large")
        try:
            return await self._publisher.publish(subject, payload, headers)
        except (NatsError, OSError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error

    async def send(self, subject: str, payload: bytes) -> None:
        """Send without storing: outcomes to a waiting gateway. Lost if nobody listens."""
        try:
            await self._client.publish(check_subject(subject), payload)
        except (NatsError, OSError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error

    async def request(self, subject: str, payload: bytes, timeout: float, headers: dict[str, str] | None = None) -> Msg:
        """Ask one responder. Raises `Unavailable` when there is none or it is silent for `timeout` seconds."""
        if not self.connected:
            raise Unavailable("nats: not connected")
        try:
            return await self._client.request(check_subject(subject), payload, timeout=timeout, headers=headers)
        except NoRespondersError as error:
            raise Unavailable(f"nobody answers {subject}") from error
        except (NatsError, OSError, TimeoutError) as error:
            raise Unavailable(f"nats: {type(error).__name__}") from error

    async def subscribe(
        self, subject: str, callback: Callable[[Msg], Awaitable[None]], queue: str = ""
    ) -> Subscription:
        """Listen to a core subject; the callback must be quick and must not raise."""
        return await self._client.subscribe(subject, queue=queue, cb=callback)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Listen no more; what the server sent before it knew has gone through the callback on return.

        If the server does not confirm it in time, what still comes goes through the callback until the connection ends.
        """
        self._leaving.add(subscription)
        try:
            async with asyncio.timeout(UNSUBSCRIBE_SECONDS):
                await subscription.drain()  # type: ignore[no-untyped-call]
            self._leaving.discard(subscription)
        except (NatsError, OSError, TimeoutError) as error:
            log.debug("unsubscribe_failed", subject=subscription.subject, error=type(error).__name__)

    def new_inbox(self) -> str:
        """A subject only this connection listens to."""
        return f"{self.inbox_prefix}.{uuid4().hex}"

    async def check(self) -> None:
        """Prove that the server answers and denies nothing; `is_connected` stays true for seconds after a loss.

        Raises `Unavailable` with the reason.
        """
        if denied := self._denials.describe():
            raise Unavailable(denied)
        if not self.connected:
            raise Unavailable("not connected")
        # Not `rtt`, which cancels its future when time is up: a PONG that finds it so ends the client's
        # reading, and the connection stays deaf until it counts as stale (nats-py 2.16, `_process_pong`).
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            await self._client._send_ping(answer)
        except (NatsError, OSError) as error:
            raise Unavailable(type(error).__name__) from error
        await asyncio.wait({answer}, timeout=CHECK_SECONDS)
        if not answer.done():
            raise Unavailable("TimeoutError")

    async def close(self) -> None:
        """Flush and close, bounded: draining can hang."""
        self._closing = True
        if not self._opened:
            return
        try:
            async with asyncio.timeout(3):
                if self.connected:
                    await self._client.flush(1)
                await self._client.close()
        except (NatsError, OSError, TimeoutError, RuntimeError):  # RuntimeError: uvloop's word for a dead socket
            return

    async def _on_error(self, error: Exception) -> None:
        NATS_CLIENT_ERRORS.inc()
        event = "nats_denied" if self._denials.hear(str(error)) else "nats_error"
        kind = f"{event} {type(error).__name__}"
        said_at, suppressed = self._said.get(kind, (-REPEAT_SECONDS, 0))
        now = time.monotonic()
        if now - said_at < REPEAT_SECONDS:
            self._said[kind] = (said_at, suppressed + 1)
            return
        self._said[kind] = (now, 0)
        log.error(event, error=type(error).__name__, detail=str(error)[:200], suppressed=suppressed)

    async def _on_disconnected(self) -> None:
        self._denials.disconnected()
        while self._leaving:  # or the client would subscribe to it again
            self._client._remove_sub(self._leaving.pop()._id)
        if not self._closing:
            log.warning("nats_disconnected")

    async def _on_reconnected(self) -> None:
        self._denials.connected()
        log.info("nats_reconnected")
        for notify in self.reconnected:
            notify()

    async def _on_closed(self) -> None:
        if not self._closing:
            log.error("nats_closed_for_good")
            self.lost.set()

    def _give_up(self) -> None:
        if not self._closing:
            log.error("nats_denied_for_good", reason=self._denials.describe())
            self.lost.set()
