"""One client's connection to our HTTP server, with a bound on everything that the client alone decides (ADR 0030).

uvicorn parses and answers; what it leaves open is closed here: how long a head may be and take, how many connections
there may be, what becomes of a client that doesn't read its answers, and requests that two readers could take for
different ones (RFC 9112 §3.2, §11.2).
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httptools
from prometheus_client import Counter
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.identifiers import new_id

CLOSED = Counter("http_connections_closed_total", "Connections that were closed for what the client did.", ["reason"])

REST_OF_BODY_BYTES = 256 * 1024
"""How much of a body that nobody wants is read, so that the client can send it all and then read the answer."""

_REFUSALS = {
    400: ("bad_request", "Bad request", "The request is not well-formed HTTP/1.1."),
    408: ("request_timeout", "Request timeout", "The head of the request did not arrive in time."),
    431: ("head_too_large", "Request header fields too large", "The head of the request is too long."),
}


class _HeadTooLarge(Exception):
    """More bytes or lines than a head may have."""


class _Ambiguous(Exception):
    """A request that another reader could take for another one."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What one client may take. Sizes in bytes, times in seconds."""

    head_bytes: int
    head_lines: int
    head_seconds: float
    """From the first byte of a head, or from the opening of the connection, to the end of the head."""
    unread_seconds: float
    """How long answers may lie unread."""
    connections: int


@dataclass(slots=True)
class Waiting:
    """The connections of one server that have not sent a whole head yet, oldest first."""

    connections: "dict[BoundedConnection, None]" = field(default_factory=dict)

    def oldest(self) -> "BoundedConnection | None":
        """Who has been waited for longest."""
        return next(iter(self.connections), None)


class HttpConfig(Config):
    """uvicorn's configuration with our limits."""

    def __init__(self, app: Any, limits: HttpLimits, **options: Any) -> None:
        super().__init__(app, http=BoundedConnection, **options)
        self.limits = limits
        self.waiting = Waiting()


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, bounded. Beyond the allowed number of connections the one that has waited longest
    without sending a request makes room for a new one; if all are at work, the new one is closed."""

    config: HttpConfig

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._limits = self.config.limits
        self._in_head = True
        self._head_bytes = 0
        self._unwanted = 0
        self._hosts = 0
        self._lines = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        waiting = self.config.waiting
        if len(self.connections) > self._limits.connections:
            oldest = waiting.oldest()
            if oldest is None:
                self._abort("connections")
                return
            oldest._abort("connections")
            del waiting.connections[oldest]
        waiting.connections[self] = None
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, whoever ended it."""
        self.config.waiting.connections.pop(self, None)
        self._disarm()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has come. Counted are the bytes of heads, trailers and between chunks until one of them ends,
        and those of a body that nobody wants."""
        self._unset_keepalive_if_required()
        self._head_bytes += len(data)
        if not self._in_head and self.cycle.response_complete:
            self._unwanted += len(data)
            if self._unwanted > REST_OF_BODY_BYTES:
                self._abort("body")
                return
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # an offer that we don't take up (RFC 9110 §7.8); the parser ends with it
            return
        except httptools.HttpParserError as error:
            self._refuse(431 if isinstance(error.__context__, _HeadTooLarge) else 400)
            return
        if self._head_bytes:
            if self._head_bytes > self._limits.head_bytes:
                self._refuse(431)
            elif self._in_head and self._deadline is None:
                self._await_head()

    def on_message_begin(self) -> None:
        """A new request: nothing is known of it."""
        super().on_message_begin()
        self._hosts = 0
        self._lines = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self.url += url
        if len(self.url) > self._limits.head_bytes:
            raise _HeadTooLarge

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of the head, or of a trailer: that is counted and dropped (RFC 9110 §6.5.1)."""
        self._lines += 1
        if self._lines > self._limits.head_lines:
            raise _HeadTooLarge
        if not self._in_head:
            return
        name = name.lower()
        if name == b"host":
            self._hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole: the request begins. Raises `_Ambiguous` and `_HeadTooLarge`."""
        version = self.parser.get_http_version()
        if version not in ("1.1", "1.0") or (self._hosts != 1 and (self._hosts or version == "1.1")):
            raise _Ambiguous
        if not self.url.startswith(b"/"):
            self._check_target()
        if self._head_bytes > self._limits.head_bytes and _size(self.headers) > self._limits.head_bytes:
            raise _HeadTooLarge
        self._in_head = False
        self._head_bytes = 0
        self._unwanted = 0
        self._disarm()
        self.config.waiting.connections.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is here as a whole; the next bytes are another's head."""
        self._in_head = True
        self._head_bytes = 0
        self._disarm()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer has been handed over. What is still to come of its request has as long as a head."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reading()
        elif not self._in_head and self.cycle.response_complete:
            self._unset_keepalive_if_required()
            self._await_head()

    def pause_writing(self) -> None:
        """More lies unread than a connection may hold."""
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def timeout_keep_alive_handler(self) -> None:
        """Nothing has come for long: end it, and don't wait for a client that reads nothing either."""
        super().timeout_keep_alive_handler()
        self._await_reading()

    def _check_target(self) -> None:
        """A target that is no path: the absolute form must name the host that `Host` names (RFC 9112 §3.2.2)."""
        if self.url == b"*":
            return
        scheme, separator, rest = self.url.partition(b"://")
        if not separator or scheme.lower() not in (b"http", b"https"):
            raise _Ambiguous
        authority = rest.partition(b"/")[0].partition(b"?")[0]
        host = next((value for name, value in self.headers if name == b"host"), authority)
        if authority.lower() != host.strip().lower() or b"@" in authority:
            raise _Ambiguous

    def _await_head(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self._limits.head_seconds, self._too_late)

    def _too_late(self) -> None:
        self._deadline = None
        if self._in_head and self._head_bytes:
            self._refuse(408)
        else:
            CLOSED.labels("idle").inc()
            self.transport.close()
            self._await_reading()

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _await_reading(self) -> None:
        if self._unread is None and self.transport.get_write_buffer_size():
            self._unread = self.loop.call_later(self._limits.unread_seconds, self._abort, "unread")

    def _refuse(self, status: int) -> None:
        """End the connection, with a problem document (RFC 9457) if nobody could take that for another's answer."""
        self._disarm()
        CLOSED.labels({400: "malformed", 408: "slow_head", 431: "head_too_large"}[status]).inc()
        own_body = not self._in_head and not self.cycle.response_started
        if self.cycle is None or self.cycle.response_complete or own_body:
            code, title, detail = _REFUSALS[status]
            request_id = str(new_id())
            body = json.dumps(
                {
                    "type": f"/problems/{code}",
                    "title": title,
                    "status": status,
                    "detail": detail,
                    "code": code,
                    "request_id": request_id,
                }
            ).encode()
            head = (
                b"content-type: application/problem+json\r\ncontent-length: %d\r\nx-request-id: %s\r\n"
                b"x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
            ) % (len(body), request_id.encode())
            asked_for = b"" if self.parser.get_method() == b"HEAD" else body
            self.transport.write(STATUS_LINE[status] + head + asked_for)
        self.transport.close()
        self._await_reading()

    def _abort(self, reason: str) -> None:
        CLOSED.labels(reason).inc()
        self.transport.abort()


def _size(headers: list[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers)
