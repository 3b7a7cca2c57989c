"""The proxy, before a server that answers every line with the same line."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from devstack.ports import LOOPBACK
from tests.chaos.proxy import Cut, Direction, Link
from tests.support.eventually import eventually


class Echo:
    """Remembers the lines it heard, and says them again."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(line)
        writer.close()


class Line:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, text: bytes, within: float = 2) -> bytes:
        """Say a line; the answer, or nothing if the connection broke. Raises `TimeoutError`."""
        self.writer.write(text)
        async with asyncio.timeout(within):
            try:
                return await self.reader.readline()
            except OSError:
                return b""


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def link(echo: Echo) -> AsyncIterator[Link]:
    server = await asyncio.start_server(echo.serve, LOOPBACK, 0)
    link = Link(server.sockets[0].getsockname()[1])
    yield link
    await link.close()
    server.close()


@pytest.fixture
async def line(link: Link) -> AsyncIterator[Line]:
    port = await link.listen()
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    yield Line(reader, writer)
    writer.close()


async def test_bytes_go_through(line: Line) -> None:
    assert await line.says(b"hello\n") == b"hello\n"


async def test_what_is_held_arrives_when_it_heals(line: Line, link: Link, echo: Echo) -> None:
    assert await line.says(b"before\n") == b"before\n"
    link.hold()
    with pytest.raises(TimeoutError):
        await line.says(b"during\n", within=0.1)
    assert echo.heard == [b"before\n"]
    link.heal()
    assert await line.says(b"after\n") == b"during\n"


async def test_one_way_may_be_held_alone(line: Line, link: Link, echo: Echo) -> None:
    link.hold(Direction.TO_CLIENT)
    with pytest.raises(TimeoutError):
        await line.says(b"question\n", within=0.1)
    assert echo.heard == [b"question\n"]


async def test_a_reset_breaks_the_connection(line: Line, link: Link) -> None:
    assert await line.says(b"hello\n") == b"hello\n"
    link.reset()
    assert await line.says(b"hello\n") == b""


async def test_a_commit_that_is_cut_before_it_arrives(line: Line, link: Link, echo: Echo) -> None:
    link.cuts = [Cut.BEFORE_COMMIT]
    assert await line.says(b"INSERT\n") == b"INSERT\n"
    assert await line.says(b"COMMIT\n") == b""
    assert echo.heard == [b"INSERT\n"]
    assert link.cut_count == 1


async def test_a_commit_that_is_cut_before_its_answer(line: Line, link: Link, echo: Echo) -> None:
    link.cuts = [Cut.AFTER_COMMIT]
    assert await line.says(b"COMMIT\n") == b""

    async def committed() -> bool:
        return echo.heard == [b"COMMIT\n"]

    await eventually(committed)


async def test_a_delay_holds_up_every_line(line: Line, link: Link) -> None:
    assert await line.says(b"quick\n", within=2) == b"quick\n"
    link.delay_seconds = 0.3
    with pytest.raises(TimeoutError):
        await line.says(b"slow\n", within=0.3)
    link.heal()
    assert await line.says(b"quick\n") == b"slow\n"
