"""What the edge does around any application."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.http.body import read_body
from gateway.http.edge import BODY_LIMIT, REQUEST_BYTES, WEBHOOK_PATH, Edge
from gateway.http.load_shedding import LoadShedder
from gateway.http.quota import QuotaDecision


class Route:
    path = "/things/{id}"


async def exchange(
    app: Any, chunks: Iterable[bytes] = (b"",), shedder: LoadShedder | None = None, **scope: Any
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request through the edge: status, headers, body; status 0 without an answer."""
    waiting = list(chunks)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        sent.append(message)

    base = {"type": "http", "method": "GET", "path": "/things/1", "headers": [], "route": Route}
    await Edge(app, shedder or LoadShedder(10, 0.5, WEBHOOK_PATH, 1.0))(base | scope, receive, send)
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def failures() -> float:
    labels = {"method": "GET", "path": "/things/{id}"}
    return REGISTRY.get_sample_value("http_5xx_total", labels) or 0


async def test_a_failure_is_a_problem_that_shows_nothing_of_it() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the password is hunter2")

    before = failures()
    status, headers, body = await exchange(failing)
    document = json.loads(body)
    assert (status, headers[b"content-type"], document["code"]) == (500, b"application/problem+json", "internal")
    assert headers[b"x-request-id"].decode() == document["request_id"]
    assert b"hunter2" not in body
    assert failures() == before + 1


async def test_a_client_that_went_away_is_no_failure() -> None:
    async def deserted(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    before = failures()
    assert (await exchange(deserted))[0] == 0
    assert failures() == before


@pytest.mark.parametrize(
    ("headers", "chunks", "status"),
    [
        ([], [b""], 200),
        ([(b"content-length", b"%d" % BODY_LIMIT)], [b"x" * BODY_LIMIT], 200),
        ([(b"content-length", b"%d" % (BODY_LIMIT + 1))], [b""], 413),
        ([(b"content-length", b"9" * 30)], [b""], 413),
        ([(b"content-length", b"-1")], [b""], 413),
        ([(b"transfer-encoding", b"chunked")], [b"x" * BODY_LIMIT], 200),
        ([(b"transfer-encoding", b"chunked")], [b"x" * 30_000] * 3, 413),
    ],
)
async def test_a_body_ends_at_its_limit(headers: list[tuple[bytes, bytes]], chunks: list[bytes], status: int) -> None:
    answered, answer_headers, _ = await exchange(read_all, chunks, method="POST", headers=headers)
    assert answered == status
    assert (answer_headers.get(b"connection") == b"close") == (status == 413)


@pytest.mark.parametrize(("length", "counted"), [(100, []), (REQUEST_BYTES - 1, []), (5 * REQUEST_BYTES, [5])])
async def test_a_long_answer_counts_as_several_requests(length: int, counted: list[int]) -> None:
    async def speak_at_length(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"x" * length)(scope, receive, send)

    async def charge(requests: int) -> QuotaDecision:
        seen.append(requests)
        return QuotaDecision(allowed=True, limit=600, remaining=2, reset_seconds=60)

    seen: list[int] = []
    before = QuotaDecision(allowed=True, limit=600, remaining=7, reset_seconds=59)
    _, headers, _ = await exchange(speak_at_length, quota=before, charge=charge)
    assert seen == counted
    assert headers[b"ratelimit"] == (b'"tenant";r=2;t=60' if counted else b'"tenant";r=7;t=59')


@pytest.mark.parametrize(("length", "counted"), [(REQUEST_BYTES - 1, []), (5 * REQUEST_BYTES, [5])])
async def test_a_long_body_counts_as_several_requests_once_it_is_read(length: int, counted: list[int]) -> None:
    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(Request(scope, receive))
        await Response(b"heard")(scope, receive, send)

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(b"not now", 429)(scope, receive, send)

    async def charge(requests: int) -> QuotaDecision:
        seen.append(requests)
        return QuotaDecision(allowed=True, limit=600, remaining=2, reset_seconds=60)

    seen: list[int] = []
    before = QuotaDecision(allowed=True, limit=600, remaining=7, reset_seconds=59)
    await exchange(listen, [b"x" * length], quota=before, charge=charge)
    assert seen == counted
    await exchange(refuse, [b"x" * length], quota=before, charge=charge)
    assert seen == counted, "who is told to wait comes to owe no more by it"


async def no_count(_: int) -> None:
    raise AssertionError("nothing to count")


async def test_the_quota_is_told() -> None:
    quota = QuotaDecision(allowed=True, limit=600, remaining=7, reset_seconds=59)
    _, headers, _ = await exchange(read_all, quota=quota, charge=no_count)
    assert headers[b"ratelimit-policy"] == b'"tenant";q=600;w=60'
    assert headers[b"ratelimit"] == b'"tenant";r=7;t=59'


def shed() -> float:
    return REGISTRY.get_sample_value("requests_shed_total", {"reason": "concurrency"}) or 0


async def test_a_request_without_a_permit_is_refused_before_anything_is_done() -> None:
    shedder = LoadShedder(2, 0.5, WEBHOOK_PATH, 1.0)
    held = [shedder.admit("/v1/bookings") for _ in range(2)]
    before = shed()
    status, headers, body = await exchange(read_all, shedder=shedder, path="/v1/bookings", method="POST")
    document = json.loads(body)
    assert (status, document["code"], headers[b"retry-after"]) == (503, "overloaded", b"1")
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"x-request-id"].decode() == document["request_id"]
    assert shed() == before + 1
    for path in (WEBHOOK_PATH, "/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert (await exchange(read_all, shedder=shedder, path=path))[0] == 200, path
    assert held[0]
    held[0].release()
    held[0].release()
    assert (await exchange(read_all, shedder=shedder, path="/v1/bookings"))[0] == 200
    assert (await exchange(read_all, shedder=shedder, path="/v1/bookings"))[0] == 200, "an answer gives its permit back"
    shedder.admit("/v1/bookings")
    assert (await exchange(read_all, shedder=shedder, path="/v1/bookings"))[0] == 503, "released twice is once"


async def test_a_failed_request_gives_its_permit_back() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect if scope["method"] == "PUT" else RuntimeError

    shedder = LoadShedder(1, 0.5, WEBHOOK_PATH, 1.0)
    for method in ("PUT", "POST", "GET"):
        await exchange(failing, shedder=shedder, path="/v1/bookings", method=method)
    assert (await exchange(read_all, shedder=shedder, path="/v1/bookings"))[0] == 200


async def test_webhooks_are_bounded_too() -> None:
    shedder = LoadShedder(1, 0.5, WEBHOOK_PATH, 1.0)
    shedder.admit(WEBHOOK_PATH)
    assert (await exchange(read_all, shedder=shedder, path=WEBHOOK_PATH))[0] == 503
