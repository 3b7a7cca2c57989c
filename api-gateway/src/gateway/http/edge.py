"""What happens to every HTTP request, whatever its route: one pure ASGI middleware.

Gives it an id and a permit, bounds its body, measures it, and has the last word when something breaks.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.load_shedding import LoadShedder, Permit
from gateway.http.problems import Problem, answer_to, render_internal
from gateway.http.quota import QuotaDecision
from gateway.http.reading import reading
from shared.identifiers import new_id
from shared.metrics import HTTP_SECONDS

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]

HTTP_5XX = Counter("http_5xx_total", "Answers with a server error, by the route's template.", ["method", "path"])

BODY_LIMIT = 64 * 1024
WEBHOOK_PATH = "/webhooks/stripe"
WEBHOOK_BODY_LIMIT = 256 * 1024
BOOKINGS_PATH = "/v1/bookings"
BOOKING_BODY_LIMIT = 384 * 1024
"""All that a booking may hold by the limits of its members (metadata: 50 names of 40 and values of 500 characters),
however it is written: JSON takes up to 12 bytes for a character. Stored it takes 4, which is far from NATS's 1 MiB."""
BODY_LIMITS: Mapping[str, int] = {WEBHOOK_PATH: WEBHOOK_BODY_LIMIT, BOOKINGS_PATH: BOOKING_BODY_LIMIT}

REQUEST_BYTES = 64 * 1024
"""A body or an answer counts in the quota as one request more for each time that it has as many bytes (ADR 0033)."""

NO_ROUTE = "unmatched"
"""The path label of requests to no route: what a client makes up must not become a metric series."""
CLIENT_GONE = 499
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


class Edge:
    """Wraps the application; `scope["request_id"]` is the request's id from here on, `scope["permit"]` what
    lets it be under way."""

    def __init__(self, app: ASGIApp, shedder: LoadShedder) -> None:
        self._app = app
        self._shedder = shedder
        self._series: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; anything but HTTP is passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = scope["request_id"] = new_id()
        status = 0
        permit: Permit | None = None
        scope, send = reading(scope, send)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                headers.append((b"x-request-id", str(request_id).encode()))
                headers.extend(_ALWAYS)
                if charge := scope.get("charge"):
                    await _tell_quota(scope, headers, charge)
                if permit is not None:
                    permit.release()  # what is left is the client's time
            await send(message)

        try:
            permit = scope["permit"] = self._shedder.admit(scope["path"])
            limited = _bounded(scope, receive)
            await self._app(scope, limited, sending)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:
            answer = answer_to(scope, error)
            if answer is None:
                log.exception("request_failed", request_id=str(request_id), error=type(error).__name__)
            if not status:
                await (answer or render_internal(scope))(scope, receive, sending)
        finally:
            if permit is not None:
                permit.release()
            self._measure(scope, status, time.perf_counter() - started)

    def _measure(self, scope: Scope, status: int, seconds: float) -> None:
        asked = scope.get("asked", scope["method"])
        method = asked if asked in _METHODS else "OTHER"
        path = getattr(scope.get("route"), "path", NO_ROUTE)
        series = self._series.get((method, path, status))
        if series is None:
            series = self._series[method, path, status] = HTTP_SECONDS.labels(method, path, str(status))
        series.observe(seconds)
        if status >= 500:
            HTTP_5XX.labels(method, path).inc()


async def _tell_quota(scope: Scope, headers: Headers, charge: Callable[[int], Awaitable[QuotaDecision | None]]) -> None:
    """Say what is left of the quota once this answer, and the body that was read for it, have been counted too if
    they are long."""
    if more := scope.get("body_bytes", 0) // REQUEST_BYTES + _length(headers) // REQUEST_BYTES:
        scope["quota"] = await charge(more) or scope["quota"]
    if quota := scope["quota"]:
        headers.extend(quota_headers(quota))


def _length(headers: Headers) -> int:
    """The bytes of an answer, as its headers have them; 0 if they don't say."""
    return next((int(value) for name, value in headers if name == b"content-length"), 0)


def quota_headers(quota: QuotaDecision) -> Headers:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): the quota `q` in a window of `w`
    seconds, what is left (`r`), and seconds until it is whole again (`t`)."""
    return [
        (b"ratelimit-policy", b'"tenant";q=%d;w=60' % quota.limit),
        (b"ratelimit", b'"tenant";r=%d;t=%d' % (quota.remaining, quota.reset_seconds)),
    ]


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """The request's body, cut off at its limit. Raises 413 at once if its declared length is beyond.

    With a declared length the server sees to it that no more comes; without one it is counted here.
    """
    limit = BODY_LIMITS.get(scope["path"], BODY_LIMIT)
    chunked = False
    for name, value in scope["headers"]:
        if name == b"content-length":
            if len(value) > 15 or not value.isdigit() or int(value) > limit:
                raise _too_large(limit)
        elif name == b"transfer-encoding":
            chunked = True
    if not chunked:
        return receive
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise _too_large(limit)
        return message

    return counting


def _too_large(limit: int) -> Problem:
    # The rest of the body is not worth reading: the connection ends with the answer.
    return Problem(413, f"The body is longer than {limit // 1024} KiB.", headers={"Connection": "close"})
