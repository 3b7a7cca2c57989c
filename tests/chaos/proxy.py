"""The network between a service and a server, which can be told to misbehave.

One `Link` listens on a loopback port for one service and carries bytes to one server, both ways.
It can hold bytes back (a partition: what was sent arrives when it heals, as TCP would have it),
delay them, cut every connection, or cut one just when the client commits.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from devstack.ports import LOOPBACK

CHUNK = 65_536
COMMIT = b"COMMIT"


class Direction(StrEnum):
    """Which way bytes go."""

    TO_SERVER = "to_server"
    TO_CLIENT = "to_client"


class Cut(StrEnum):
    """Where a connection breaks when its client commits."""

    BEFORE_COMMIT = "before_commit"
    """The server never hears of it."""
    AFTER_COMMIT = "after_commit"
    """The server has carried it out, and the client never hears so."""


class Link:
    """One way to one server. All faults end with `heal`."""

    def __init__(self, upstream_port: int, upstream_host: str = LOOPBACK) -> None:
        self._upstream = (upstream_host, upstream_port)
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._open = {direction: asyncio.Event() for direction in Direction}
        self.delay_seconds = 0.0
        self.cuts: list[Cut] = []
        """What happens at the next commits, the next one first."""
        self.cut_count = 0
        """Connections cut at a commit so far."""
        self.carried = dict.fromkeys(Direction, 0)
        """Bytes that went through so far."""
        for gate in self._open.values():
            gate.set()

    async def listen(self) -> int:
        """Begin to serve on a free loopback port, and return it."""
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0, limit=CHUNK)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and cut all connections."""
        if self._server is not None:
            self._server.close()
        self.reset()

    def hold(self, *directions: Direction) -> None:
        """Let nothing through in these directions (both, if none is named); connections stay up."""
        for direction in directions or tuple(Direction):
            self._open[direction].clear()

    def reset(self) -> None:
        """Cut every connection, both ways at once."""
        for connection in list(self._connections):
            connection.abort()

    def heal(self) -> None:
        """End every fault; what was held back is delivered."""
        self.delay_seconds = 0.0
        self.cuts.clear()
        for gate in self._open.values():
            gate.set()

    async def passage(self, direction: Direction) -> None:
        """Return when bytes may go on in this direction."""
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        await self._open[direction].wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, writer)
        self._connections.add(connection)
        try:
            # A partitioned network lets nobody in either.
            await self.passage(Direction.TO_SERVER)
            await connection.carry(reader, self._upstream)
        except OSError:
            pass
        finally:
            connection.abort()
            self._connections.discard(connection)


class Connection:
    """A client's connection and the one to the server that it is joined to."""

    def __init__(self, link: Link, client: asyncio.StreamWriter) -> None:
        self._link = link
        self._client = client
        self._server: asyncio.StreamWriter | None = None
        self._deaf = False
        """The commit is on its way, and its answer ends the connection."""

    async def carry(self, from_client: asyncio.StreamReader, upstream: tuple[str, int]) -> None:
        """Join both ends until one of them closes."""
        from_server, self._server = await asyncio.open_connection(*upstream, limit=CHUNK)
        ways = {
            asyncio.create_task(self._carry(from_client, self._server, Direction.TO_SERVER, self._heard_client)),
            asyncio.create_task(self._carry(from_server, self._client, Direction.TO_CLIENT, self._heard_server)),
        }
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    def abort(self) -> None:
        """Cut both ends without a word (RST)."""
        for writer in (self._client, self._server):
            if writer is not None:
                writer.transport.abort()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        direction: Direction,
        passes: Callable[[bytes], bool],
    ) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._link.passage(direction)
                if not passes(data):
                    return
                writer.write(data)
                self._link.carried[direction] += len(data)
                await writer.drain()
            await self._link.passage(direction)  # the end of a stream has to get through as well
        except OSError:
            return

    def _heard_client(self, data: bytes) -> bool:
        """Whether these bytes go on; a due cut lets a commit through or not."""
        if self._link.cuts and COMMIT in data:
            self._link.cut_count += 1
            if self._link.cuts.pop(0) is Cut.BEFORE_COMMIT:
                return False
            self._deaf = True
        return True

    def _heard_server(self, _data: bytes) -> bool:
        return not self._deaf
