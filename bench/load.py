"""A small closed-loop HTTP/1.1 load generator: N connections, each sends its next request when it has its answer."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from bench.report import percentile
from devstack.ports import LOOPBACK


@dataclass(slots=True)
class Load:
    """What one run saw. Latencies in milliseconds."""

    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: int) -> float:
        """A percentile of the latencies, in milliseconds."""
        return percentile(self.latencies, share)


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], load: Load, done: Callable[[], None]) -> None:
        self._requests = requests
        self._load = load
        self._done = done
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        self._load.latencies.append((time.perf_counter() - self._sent_at) * 1000)
        self._load.statuses[int(head[9:12])] += 1
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._done()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def run(ports: Sequence[int], requests: Iterator[bytes], connections: int) -> Load:
    """Send all requests to loopback, `connections` at a time, which take turns with the ports."""
    load = Load()
    loop = asyncio.get_running_loop()
    waits = []
    started = time.perf_counter()
    for number in range(connections):
        finished = loop.create_future()
        waits.append(finished)
        await loop.create_connection(
            lambda finished=finished: _Connection(requests, load, lambda: finished.set_result(None)),  # type: ignore[misc]
            LOOPBACK,
            ports[number % len(ports)],
        )
    await asyncio.gather(*waits)
    load.seconds = time.perf_counter() - started
    return load
