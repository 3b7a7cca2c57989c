"""A load generator that does not wait: requests are sent when they are due, however slow the answers are.

Waiting for answers, as a closed loop does, would slow the load down with the system and hide overload.
"""

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

TICK_SECONDS = 0.005
MOST_CONNECTIONS = 8_000
"""As many sockets as a client may hold: what is due beyond that waits for one, and that counts as the answer's time."""
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One request's fate: when it was due, how long it took, what came back (0: no answer)."""

    due_at: float
    seconds: float
    status: int
    retry_after: bool


@dataclass(slots=True)
class Observed:
    """What one run saw."""

    offered: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def statuses(self) -> Counter[int]:
        """How often each status came."""
        return Counter(answer.status for answer in self.answers)

    def percentile(self, share: float, *statuses: int) -> float:
        """A percentile of the seconds that answers of these statuses took; NaN without any."""
        seen = sorted(answer.seconds for answer in self.answers if answer.status in statuses)
        return seen[min(len(seen) - 1, math.ceil(share * len(seen)) - 1)] if seen else math.nan

    def since(self, seconds: float) -> "Observed":
        """Only requests that were due so long after the first or later."""
        start = min(answer.due_at for answer in self.answers) + seconds
        answers = [answer for answer in self.answers if answer.due_at >= start]
        return Observed(len(answers), answers)

    def per_second(self, *statuses: int) -> list[int]:
        """Answers of these statuses in each whole second, by when they came."""
        start = min(answer.due_at for answer in self.answers)
        came = Counter(int(a.due_at + a.seconds - start) for a in self.answers if a.status in statuses)
        return [came[second] for second in range(max(came, default=-1) + 1)]


class OpenLoop:
    """Connections to one loopback port; as many as are needed are opened, and kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.opened = 0
        """Connections so far: none is closed before `close` but by the server."""
        self._idle: deque[_Connection] = deque()
        self._open = 0
        self._unsent: deque[tuple[bytes, float]] = deque()
        self._sending: set[asyncio.Task[None]] = set()
        self._observed = Observed()

    async def run(self, requests: Iterator[bytes], rate: float, seconds: float) -> Observed:
        """Send `rate` requests a second for so long; returns when every one is answered or given up."""
        observed = self._observed = Observed()
        loop = asyncio.get_running_loop()
        started = loop.time()
        while (elapsed := loop.time() - started) < seconds:
            while observed.offered < elapsed * rate:
                due_at = started + observed.offered / rate
                observed.offered += 1
                self._send(next(requests), due_at)
            await asyncio.sleep(TICK_SECONDS)
        give_up_at = loop.time() + PATIENCE_SECONDS
        while len(observed.answers) < observed.offered and loop.time() < give_up_at:  # noqa: ASYNC110 - a tick is enough
            await asyncio.sleep(TICK_SECONDS)
        return observed

    def close(self) -> None:
        """Close every connection."""
        for connection in self._idle:
            connection.transport.close()

    def _send(self, request: bytes, due_at: float) -> None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                connection.send(request, due_at)
                return
        if self._open >= MOST_CONNECTIONS:
            self._unsent.append((request, due_at))
            return
        self._open += 1
        opening = asyncio.create_task(self._open_and_send(request, due_at))
        self._sending.add(opening)
        opening.add_done_callback(self._sending.discard)

    async def _open_and_send(self, request: bytes, due_at: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
        except OSError:
            self.lost()
            self.answered(Answer(due_at, time.monotonic() - due_at, 0, retry_after=False))
        else:
            self.opened += 1
            connection.send(request, due_at)

    def answered(self, answer: Answer) -> None:
        """Take down one request's fate."""
        self._observed.answers.append(answer)

    def idle(self, connection: "_Connection") -> None:
        """This connection has had its answer."""
        self._idle.append(connection)
        if self._unsent:
            self._send(*self._unsent.popleft())

    def lost(self) -> None:
        """A connection has ended: there is room for another."""
        self._open -= 1
        if self._unsent:
            self._send(*self._unsent.popleft())


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, owner: OpenLoop) -> None:
        self._owner = owner
        self._buffer = b""
        self._due_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, due_at: float) -> None:
        self._due_at = due_at
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        names = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(rest) < int(names.get(b"content-length", 0)):
            return
        self._buffer = b""
        self._settle(int(head[9:12]), b"retry-after" in names)
        if names.get(b"connection") == b"close":
            self.transport.close()
        else:
            self._owner.idle(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        if self._due_at is not None:
            self._settle(0, retry_after=False)
        self._owner.lost()

    def _settle(self, status: int, retry_after: bool) -> None:
        assert self._due_at is not None
        answer = Answer(self._due_at, time.monotonic() - self._due_at, status, retry_after)
        self._due_at = None
        self._owner.answered(answer)
