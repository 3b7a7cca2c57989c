"""What the client says to the server, and in which order."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from devstack.servers import Servers
from shared.messaging.client import SturdyClient


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
