"""What a client may do to a listening process with its connection alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from devstack.ports import LOOPBACK, free_ports
from shared.runtime.http import HttpServer
from shared.runtime.settings import ServiceSettings
from tests.support.eventually import allowed, eventually

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
LARGE = 4 * 1024 * 1024


async def hello(_: Request) -> Response:
    return JSONResponse({"said": "hello"})


async def large(_: Request) -> Response:
    return Response(b"x" * LARGE)


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"headers": [name for name, _ in request.headers.items()], "bytes": len(body)})


class Listening:
    """A server on a port of its own, with these settings."""

    def __init__(self, **settings: Any) -> None:
        self.port = free_ports(1)[0]
        app = Starlette(routes=[Route("/", hello), Route("/large", large), Route("/echo", echo, methods=["POST"])])
        defaults = {"nats_url": "nats://nowhere", "host": LOOPBACK, "port": self.port, "environment": "development"}
        self.server = HttpServer(app, self.port, ServiceSettings.model_validate(defaults | settings))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A new connection."""
        return await asyncio.open_connection(LOOPBACK, self.port)

    async def answer(self, *pieces: bytes) -> bytes:
        """All that comes back for these bytes until the server ends the connection or answers."""
        reader, writer = await self.connect()
        try:
            for piece in pieces:
                writer.write(piece)
            await writer.drain()
            return await asyncio.wait_for(_answer(reader), allowed(15))
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


@asynccontextmanager
async def listening(**settings: Any) -> AsyncIterator[Listening]:
    """A running server."""
    running = Listening(**settings)
    serving = asyncio.create_task(running.server.serve(running.server.sockets()))

    async def up() -> bool:
        return running.server.started

    await eventually(up)
    try:
        yield running
    finally:
        running.server.stop()
        running.server.force_exit = True
        await serving


async def gone(reader: asyncio.StreamReader) -> bool:
    """Whether the server has ended this connection."""
    try:
        return await asyncio.wait_for(reader.read(), 0.05) is not None
    except TimeoutError:
        return False
    except ConnectionError:
        return True


async def flood(writer: asyncio.StreamWriter) -> None:
    """Send 64 MB, as long as they are taken."""
    for _ in range(1000):
        writer.write(b"a" * 65_536)
        await writer.drain()


def get(path: bytes = b"/", *lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    """A request's bytes."""
    return b"\r\n".join([b"GET " + path + b" " + version, *lines, b"", b""])


HOST = b"Host: here"


async def test_a_head_without_end_is_refused_at_its_limit() -> None:
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nX-A: ")
        sent = 0
        try:
            while sent < 8 * 1024 * 1024 and not reader.at_eof():
                writer.write(b"a" * 16_384)
                sent += 16_384
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        assert sent < 8 * 1024 * 1024
        assert await eventually(lambda: gone(reader))
        assert (await server.answer(get(b"/", HOST))).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        get(b"/", HOST, b"X-A: " + b"a" * 70_000),
        get(b"/", HOST, *(b"X-%d: a" % number for number in range(100))),
        get(b"/?" + b"a" * 70_000, HOST),
        get(b"/", HOST, *(b"X-%d: " % number + b"a" * 2000 for number in range(60))),
    ],
    ids=["one long line", "many lines", "long target", "long lines"],
)
async def test_a_head_that_is_too_long_is_431(head: bytes) -> None:
    async with listening() as server:
        answer = await server.answer(head)
        assert answer.startswith(b"HTTP/1.1 431"), answer[:80]
        assert b'"code": "head_too_large"' in answer
        assert b"application/problem+json" in answer
        reader, writer = await server.connect()
        writer.write(head.replace(b"GET", b"HEAD", 1))
        bare = await asyncio.wait_for(reader.read(), allowed(15))
        writer.close()
        assert bare.startswith(b"HTTP/1.1 431"), bare[:80]
        assert bare.partition(b"\r\n\r\n")[2] == b"", "an answer to HEAD has no body"


async def test_a_head_within_its_limits_is_served() -> None:
    async with listening() as server:
        lines = [b"X-%d: " % number + b"a" * 600 for number in range(98)]
        assert (await server.answer(get(b"/", HOST, *lines))).startswith(b"HTTP/1.1 200")


async def test_a_slow_head_is_given_up() -> None:
    async with listening(http_head_seconds=0.5) as server:
        reader, writer = await server.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nX-A: ")
        began = time.monotonic()
        answer = await asyncio.wait_for(_answer(reader), allowed(10))
        assert answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began >= 0.4
        writer.close()


async def test_trickling_does_not_prolong_a_head() -> None:
    async with listening(http_head_seconds=0.5) as server:
        reader, writer = await server.connect()

        async def trickle() -> None:
            while True:
                writer.write(b"X")
                await asyncio.sleep(0.05)

        writer.write(b"GET / HTTP/1.1\r\nX-A: ")
        trickling = asyncio.create_task(trickle())
        answer = await asyncio.wait_for(_answer(reader), allowed(10))
        trickling.cancel()
        assert answer.startswith(b"HTTP/1.1 408")


async def test_connections_without_a_request_are_closed() -> None:
    async with listening(http_head_seconds=0.5) as server:
        connections = [await server.connect() for _ in range(50)]
        for reader, _ in connections:
            assert await asyncio.wait_for(reader.read(), allowed(10)) == b""


async def test_a_kept_connection_is_as_good_after_a_while() -> None:
    async with listening(http_head_seconds=0.3) as server:
        reader, writer = await server.connect()
        for _ in range(3):
            writer.write(get(b"/", HOST))
            assert (await _answer(reader)).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.5)  # longer than a head may take: nothing has begun
        writer.close()


async def test_a_client_that_reads_nothing_is_let_go() -> None:
    async with listening(http_unread_seconds=0.5) as server:
        connections = [await server.connect() for _ in range(5)]
        for _, writer in connections:
            writer.write(get(b"/large", HOST) * 3)

        async def all_let_go() -> bool:
            return not server.server.server_state.connections

        assert await eventually(all_let_go)


async def test_who_waits_longest_makes_room() -> None:
    async with listening(http_connection_limit=20) as server:
        idle = [await server.connect() for _ in range(30)]

        async def eldest_gone() -> bool:
            return all([await gone(reader) for reader, _ in idle[:10]])

        assert await eventually(eldest_gone)
        assert (await server.answer(get(b"/", HOST))).startswith(b"HTTP/1.1 200")
        assert len(server.server.server_state.connections) <= 20


async def test_with_every_connection_at_work_a_new_one_is_closed() -> None:
    async with listening(http_connection_limit=3) as server:
        for _ in range(3):
            reader, writer = await server.connect()
            writer.write(get(b"/", HOST))
            await _answer(reader)
        reader, _ = await server.connect()
        assert await eventually(lambda: gone(reader))


async def test_a_body_that_nobody_wants_is_not_read_for_ever() -> None:
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(b"POST /nowhere HTTP/1.1\r\nHost: here\r\nContent-Length: 100000000\r\n\r\n")
        assert (await asyncio.wait_for(_read_head(reader), allowed(10))).startswith(b"HTTP/1.1 404")
        with pytest.raises(ConnectionError):
            await flood(writer)


async def test_a_trailer_without_end_is_refused() -> None:
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(b"POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-A: ")
        with pytest.raises(ConnectionError):
            await flood(writer)
        assert await eventually(lambda: gone(reader))


async def test_a_trailer_is_no_header() -> None:
    async with listening() as server:
        chunks = b"1\r\na\r\n0\r\nX-Trailer: b\r\n\r\n"
        head = b"POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await server.answer(head + chunks)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"x-trailer" not in answer


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with listening() as server:
        reader, writer = await server.connect()
        writer.write(get(b"/", HOST) * 5)
        for _ in range(5):
            assert (await _answer(reader)).startswith(b"HTTP/1.1 200")
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        get(b"/"),
        get(b"/", HOST, HOST),
        get(b"/", HOST, b"Host: there"),
        get(b"/", HOST, version=b"HTTP/0.9"),
        get(b"/", HOST, version=b"HTTP/2.0"),
        get(b"/", HOST, version=b"HTTP/3.7"),
        get(b"/", HOST, version=b"http/1.1"),
        b"GET /\r\n\r\n",
        get(b"http://there/", HOST),
        get(b"http://here@there/", HOST),
        get(b"ftp://here/", HOST),
        get(b"here:443", HOST),
        b"CONNECT here:443 HTTP/1.1\r\nHost: here:443\r\n\r\n",
        get(b"/", HOST, b"X-A : b"),
        get(b"/", HOST, b"X-A: b\x00c"),
        get(b"/", b" folded: b", HOST),
        b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: +1\r\n\r\na",
        b"POST /echo HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_what_two_readers_could_take_for_different_requests_is_400(request_bytes: bytes) -> None:
    async with listening() as server:
        answer = await server.answer(request_bytes)
        assert answer.startswith(b"HTTP/1.1 400"), answer[:100]
        assert b'"code": "bad_request"' in answer


@pytest.mark.parametrize(
    "request_bytes",
    [
        get(b"http://here/", HOST),
        get(b"HTTP://HERE/", HOST),
        get(b"/", version=b"HTTP/1.0"),
        get(b"/", HOST, version=b"HTTP/1.0"),
        get(b"/", HOST, b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQ"),
        get(b"/", HOST, b"Connection: Upgrade", b"Upgrade: websocket"),
        b"\r\n" + get(b"/", HOST),
        get(b"/", b"Host:"),
    ],
)
async def test_what_standard_clients_send_is_served(request_bytes: bytes) -> None:
    async with listening() as server:
        answer = await server.answer(request_bytes)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]


async def _read_head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")
