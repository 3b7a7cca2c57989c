"""What a reader may ask of an answer beside its content: only if it has changed, and compressed."""

import gzip

from starlette.types import Message, Scope, Send

from gateway.http.headers import matches

_READS = frozenset({"GET", "HEAD"})
COMPRESSED_FROM = 1024
"""Bytes from which compressing is worth its time."""
_FASTEST = 1
"""A list of 128 KiB takes a millisecond at this level, and becomes a tenth of its size."""
_KEPT = frozenset({b"etag", b"cache-control", b"x-request-id", b"ratelimit", b"ratelimit-policy", b"vary"})
"""What a 304 repeats of the headers that the 200 would have (RFC 9110 §15.4.5)."""


def reading(scope: Scope, send: Send) -> tuple[Scope, Send]:
    """A GET or HEAD as the application sees it, and its way back; any other request as it is.

    A HEAD is answered as the GET is (RFC 9110 §9.3.2); the server leaves the body out. `scope["asked"]` is the method.
    """
    if scope["method"] not in _READS:
        return scope, send
    return {**scope, "method": "GET", "asked": scope["method"]}, Reading(scope, send)


class Reading:
    """The way back of one GET or HEAD: `If-None-Match` makes a 304 of it, `Accept-Encoding: gzip` a shorter body."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._if_none_match = ""
        self._gzip = False
        for name, value in scope["headers"]:
            if name == b"if-none-match":
                self._if_none_match += ("," if self._if_none_match else "") + value.decode("latin-1")
            elif name == b"accept-encoding":
                self._gzip = self._gzip or takes_gzip(value.decode("latin-1"))
        self._silent = False

    async def __call__(self, message: Message) -> None:
        """Pass one message on, or what it becomes."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._silent:
            if not message.get("more_body", False):
                await self._send({"type": "http.response.body"})
        elif self._start is not None:
            await self._compress(message)
        else:
            await self._send(message)

    async def _begin(self, start: Message) -> None:
        headers = dict(start["headers"])
        tag = headers.get(b"etag", b"").decode("latin-1")
        if start["status"] == 200 and tag and self._if_none_match and matches(self._if_none_match, tag):
            self._silent = True
            kept = [(name, value) for name, value in start["headers"] if name in _KEPT]
            await self._send({**start, "status": 304, "headers": kept})
        elif self._may_shorten(headers):
            # What has a tag stays as it is: other bytes would have another tag, and callers send it back (If-Match).
            start["headers"].append((b"vary", b"Accept-Encoding"))
            if self._gzip:
                self._start = start
            else:
                await self._send(start)
        else:
            await self._send(start)

    def _may_shorten(self, headers: dict[bytes, bytes]) -> bool:
        length = int(headers.get(b"content-length", b"0"))
        return length >= COMPRESSED_FROM and b"etag" not in headers and b"content-encoding" not in headers

    async def _compress(self, message: Message) -> None:
        """A body that comes in one piece becomes shorter; one in several goes as it is."""
        start, self._start = self._start or {}, None
        body = message.get("body", b"")
        if not message.get("more_body", False):
            body = gzip.compress(body, _FASTEST, mtime=0)
            kept = [header for header in start["headers"] if header[0] != b"content-length"]
            length = (b"content-length", b"%d" % len(body))
            start = {**start, "headers": [*kept, (b"content-encoding", b"gzip"), length]}
            message = {**message, "body": body}
        await self._send(start)
        await self._send(message)


def takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` names gzip, with a weight above 0 (RFC 9110 §12.5.3)."""
    for part in accepted.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name in ("gzip", "x-gzip"):
            return not any(p.replace(" ", "").rstrip("0").rstrip(".") == "q=" or p == "q=0" for p in parameters)
    return False
