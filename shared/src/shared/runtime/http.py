"""The HTTP server of one process, and how it leaves the clients that it serves."""

import asyncio
import resource
import socket
from collections.abc import Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from shared.runtime.http_connection import HttpConfig, HttpLimits
from shared.runtime.settings import ServiceSettings

ACCEPTS_A_TURN = 64
KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than load balancers keep theirs (60 s, as a rule), so that it is
never us who closes one under the next request."""

OTHER_FILES = 256
"""Open files of a process that are not clients' connections: its database's, NATS's, the port itself."""


class HttpServer(uvicorn.Server):
    """uvicorn, without its signal handling: the service decides when to stop."""

    def __init__(self, app: ASGIApp, port: int, settings: ServiceSettings) -> None:
        super().__init__(
            HttpConfig(
                app,
                _limits(settings),
                host=settings.host,
                port=port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=int(settings.shutdown_seconds),
            )
        )

    @contextmanager
    def capture_signals(self) -> Any:
        """Signals are the service's."""
        yield

    def sockets(self) -> list[socket.socket]:
        """The port, to be passed to `serve`: one socket, several times.

        In each turn of the event loop uvloop takes one connection from each listening socket, so with
        one alone new clients of a busy process wait for seconds.
        """
        bound = self.config.bind_socket()
        return [bound, *(bound.dup() for _ in range(ACCEPTS_A_TURN - 1))]

    def say_goodbye(self) -> None:
        """Go on serving, and let every answer end its connection: a client that keeps one open must not find
        it closed under its next request."""
        goodbye = (b"connection", b"close")
        self.config.encoded_headers.append(goodbye)
        self.server_state.default_headers = [*self.server_state.default_headers, goodbye]

    def stop(self) -> None:
        """Close the port and idle connections; `serve` returns when every request is answered."""
        self.should_exit = True


class HttpServers:
    """The ports of one process, served and left together."""

    def __init__(self, apps: Mapping[int, ASGIApp], settings: ServiceSettings) -> None:
        """`apps` are the applications by port."""
        self._servers = [HttpServer(app, port, settings) for port, app in apps.items()]

    async def serve(self) -> None:
        """Listen until stopped. A port that ends by itself ends the others."""
        running = [asyncio.create_task(server.serve(server.sockets())) for server in self._servers]
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        await asyncio.gather(*running)

    def say_goodbye(self) -> None:
        """As `HttpServer.say_goodbye`, on every port."""
        for server in self._servers:
            server.say_goodbye()

    def stop(self) -> None:
        """As `HttpServer.stop`, on every port."""
        for server in self._servers:
            server.stop()


def _limits(settings: ServiceSettings) -> HttpLimits:
    """What a client may take of this process. Connections leave some of its files for everything else."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = settings.http_connection_limit
    if files != resource.RLIM_INFINITY:
        connections = max(1, min(connections, files - OTHER_FILES))
    return HttpLimits(
        head_bytes=settings.http_head_bytes,
        head_lines=settings.http_head_lines,
        head_seconds=settings.http_head_seconds,
        unread_seconds=settings.http_unread_seconds,
        connections=connections,
    )
