"""The HTTP server of one process, and how it leaves the clients that it serves."""

from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from shared.service.settings import ServiceSettings


class HttpServer(uvicorn.Server):
    """uvicorn, without its signal handling: the service decides when to stop."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=int(settings.shutdown_seconds),
                h11_max_incomplete_event_size=64 * 1024,
            )
        )

    @contextmanager
    def capture_signals(self) -> Any:
        """Signals are the service's."""
        yield

    def say_goodbye(self) -> None:
        """Go on serving, and let every answer end its connection: a client that keeps one open must not find
        it closed under its next request."""
        goodbye = (b"connection", b"close")
        self.config.encoded_headers.append(goodbye)
        self.server_state.default_headers = [*self.server_state.default_headers, goodbye]

    def stop(self) -> None:
        """Close the port and idle connections; `serve` returns when every request is answered."""
        self.should_exit = True
