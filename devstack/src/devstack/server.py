"""What every server of the stack has in common: a port, and a way to ask whether it answers."""

import socket
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path

from devstack.ports import LOOPBACK
from devstack.process import Child, User

_PROBE_SECONDS = 2.0


class Server(Child):
    """A child that listens on one port and is ready once it answers in its own protocol."""

    title = "server"
    ready_within_seconds = 60.0  # a second on a quiet machine; one that ends is noticed at once

    def __init__(
        self, name: str, command: Sequence[str | Path], port: int, *, directory: Path, user: User | None = None
    ) -> None:
        """`directory` holds the whole stack's data; a server keeps its own in `directory/<name>`."""
        super().__init__(name, command, directory=directory, user=user)
        self.port = port
        self.data_directory = directory / name

    @property
    def address(self) -> str:
        """Where it listens, `host:port`."""
        return f"{LOOPBACK}:{self.port}"

    def answers(self) -> bool:
        """Whether a client would be served now."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers. Raises `DevstackError` with its last words if it doesn't."""
        self.launch()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until it answers. Raises `DevstackError` if it ends or takes too long."""
        self.wait_until(self.answers, self.ready_within_seconds)

    def restart(self) -> None:
        """Stop it in order and start it again, on the same port with the same data."""
        self.stop()
        self.start()


def answers_bytes(port: int, *, send: bytes, expect: bytes, greeting: bytes = b"") -> bool:
    """Whether a server greets with `greeting`, and says something with `expect` in it to `send`."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=_PROBE_SECONDS) as connection:
            if greeting and greeting not in connection.recv(4096):
                return False
            connection.sendall(send)
            return expect in connection.recv(4096)
    except OSError:
        return False


def answers_http(port: int, path: str) -> bool:
    """Whether `GET path` on this loopback port is answered with a 2xx."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{LOOPBACK}:{port}{path}", timeout=_PROBE_SECONDS) as response:
            return bool(200 <= response.status < 300)
    except (OSError, HTTPException):  # HTTPException: another program has the port
        return False
