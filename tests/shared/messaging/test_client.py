"""What the client says to the server, and in which order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from devstack.servers import Servers
from shared.messaging.client import SturdyClient
from tests.support.eventually import allowed, eventually


class Overhearing:
    """Between a client and NATS: passes everything on and keeps what the client says."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._said = b""

    def last_words(self, count: int) -> list[str]:
        return [" ".join(line.split()) for line in self._said.decode().splitlines()[-count:]]

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)

        async def answers() -> None:
            while data := await from_server.read(65536):
                writer.write(data)
            writer.close()

        answering = asyncio.create_task(answers())
        while data := await reader.read(65536):
            self._said += data
            to_server.write(data)
        to_server.close()
        await answering


@pytest.fixture
async def overhearing(servers: Servers) -> AsyncIterator[tuple[Overhearing, SturdyClient]]:
    between = Overhearing(servers.nats.port)
    listening = await asyncio.start_server(between.meet, "127.0.0.1", 0)
    client = SturdyClient()
    url = servers.nats.url.replace(str(servers.nats.port), str(listening.sockets[0].getsockname()[1]))
    await client.connect(url, allow_reconnect=False)
    yield between, client
    await client.close()
    listening.close()


async def test_a_flush_comes_after_all_that_was_said_before(
    overhearing: tuple[Overhearing, SturdyClient],
) -> None:
    between, client = overhearing
    for number in range(20):
        subject = f"flushed.{number}"
        subscription = await client.subscribe(subject)
        await client.flush()
        assert between.last_words(2) == [f"SUB {subject} {subscription._id}", "PING"]
        await subscription.unsubscribe()
        await client.flush()
        assert between.last_words(2) == [f"UNSUB {subscription._id}", "PING"]


async def test_who_looks_for_a_server_that_is_gone_stops_when_told() -> None:
    """Even if a try fails in that very moment: of sixty moments, more than half are such ones."""

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id":"x","version":"2.11.0","headers":true,"max_payload":1048576}\r\n')
        while b"LEAVE" not in (data := await reader.read(65536)):
            if b"PING" in data:
                writer.write(b"PONG\r\n")
        writer.close()

    async def ignored(error: Exception) -> None:
        """Each try that fails."""

    for moment in range(60):
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        client = SturdyClient()
        await client.connect(
            f"nats://127.0.0.1:{listening.sockets[0].getsockname()[1]}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=0,
            error_cb=ignored,
        )
        listening.close()
        await client._send_command(b"LEAVE\r\n")
        await client._flush_pending()

        async def looks(client: SturdyClient = client) -> asyncio.Task[None] | None:
            return client._reconnection_task

        looking = await eventually(looks, every=0)
        assert looking
        for _ in range(20 + moment):
            await asyncio.sleep(0)
        looking.cancel()
        _, still = await asyncio.wait([looking], timeout=allowed(1))
        while not looking.done():
            looking.cancel()
            await asyncio.sleep(0.01)
        assert not still, f"it went on, told in turn {moment}"
