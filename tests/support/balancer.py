"""A load balancer as stands before gateways in production: health checks, and nothing clever."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import httpx

CHECK_SECONDS = 0.5
"""How often each gateway is asked whether it takes traffic; one no is enough."""


class NoGateway(httpx.ConnectError):
    """No gateway is ready."""


class LoadBalancer(httpx.AsyncBaseTransport):
    """Sends each request to the next ready gateway.

    A connection that can't be opened has carried nothing, so the request goes to the next gateway.
    Whatever happens after a request was sent is the client's to see.
    """

    def __init__(self, addresses: Iterable[str]) -> None:
        """`addresses` are the gateways' base URLs."""
        self._backends = [httpx.URL(address) for address in addresses]
        self._turns = itertools.cycle(self._backends)
        self._ready: set[httpx.URL] = set()
        self._pool = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=500))
        self._probe = httpx.AsyncClient(timeout=2, trust_env=False)
        self._checking: asyncio.Task[None] | None = None
        self.sent: Counter[str] = Counter()
        """Requests answered, by gateway."""
        self.turned_away = 0
        """Requests that went to another gateway because the first took no connection."""

    async def __aenter__(self) -> Self:
        await self._check_all()
        self._checking = asyncio.create_task(self._keep_checking())
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        if self._checking is not None:
            self._checking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._checking
        await self._probe.aclose()
        await self._pool.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Forward one request."""
        for _ in self._backends:
            backend = self._next()
            request.url = request.url.copy_with(host=backend.host, port=backend.port)
            try:
                response = await self._pool.handle_async_request(request)
            except httpx.ConnectError:
                self._ready.discard(backend)
                self.turned_away += 1
                continue
            self.sent[str(backend)] += 1
            return response
        raise NoGateway("no gateway takes a connection")

    def _next(self) -> httpx.URL:
        for _ in self._backends:
            if (backend := next(self._turns)) in self._ready:
                return backend
        raise NoGateway("no gateway is ready")

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self._check_all()

    async def _check_all(self) -> None:
        await asyncio.gather(*(self._check(backend) for backend in self._backends))

    async def _check(self, backend: httpx.URL) -> None:
        try:
            ready = (await self._probe.get(backend.join("/readyz"))).status_code == 200
        except httpx.HTTPError:
            ready = False
        (self._ready.add if ready else self._ready.discard)(backend)
