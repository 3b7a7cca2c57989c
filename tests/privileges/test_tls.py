"""NATS, PostgreSQL and Redis over TLS, by settings: the right authority is believed, another is not."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from devstack.ports import free_ports
from devstack.servers import NATS_DIRECTORY, Nats, Servers, temporary_directory
from gateway.http.quota import RedisLimiter
from shared.errors import Unavailable
from shared.messaging.broker import Broker
from shared.runtime.settings import NatsSettings
from tests.support.databases import open_database
from tests.support.eventually import allowed, eventually

SERVERS_SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
"""What a PostgreSQL client sends before it speaks TLS."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority and a server's key and certificate for 127.0.0.1, signed by it."""

    directory: Path

    @property
    def ca(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        return self.directory / "server.key"

    def serving(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def an_authority() -> Authority:
    directory = temporary_directory()
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    ca = ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Tidebook tests", "-addext", "keyUsage=keyCertSign"]
    server = ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=server", "-CA", "ca.pem", "-CAkey", "ca.key"]
    server += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    for options in (ca, server):
        subprocess.run(["openssl", "req", "-x509", *new_key, *options], cwd=directory, check=True, capture_output=True)
    return Authority(directory)


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    made = an_authority()
    yield made
    shutil.rmtree(made.directory)


@pytest.fixture(scope="module")
def stranger() -> Iterator[Authority]:
    """Another authority, which signed nothing here."""
    made = an_authority()
    yield made
    shutil.rmtree(made.directory)


class Terminator:
    """Speaks TLS in front of a server that was built without; what it decrypts goes to the real one."""

    def __init__(self, port: int, context: ssl.SSLContext, postgresql: bool = False) -> None:
        self._port = port
        self._context = context
        self._postgresql = postgresql
        self.address = ""

    async def start(self) -> asyncio.Server:
        context = None if self._postgresql else self._context
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._postgresql:
                assert await reader.readexactly(8) == SERVERS_SSL_REQUEST
                writer.write(b"S")
                await writer.start_tls(self._context)
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
            writer.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()


async def refuses(broker: Broker) -> None:
    """It does not connect, and says that it is not connected."""
    connecting = asyncio.create_task(broker.connect())
    await asyncio.wait({connecting}, timeout=3)
    assert not connecting.done()
    with pytest.raises(Unavailable, match="not connected"):
        await broker.check()
    connecting.cancel()
    await asyncio.gather(connecting, return_exceptions=True)


async def test_nats(
    servers: Servers, authority: Authority, stranger: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = temporary_directory()
    for name in ("permissions.conf", "subscribers.conf"):
        shutil.copy(NATS_DIRECTORY / name, directory)
    config = directory / "nats-server.conf"
    tls = f'\ntls {{ cert_file: "{authority.certificate}", key_file: "{authority.key}", handshake_first: true }}\n'
    config.write_text((NATS_DIRECTORY / "nats-server.conf").read_text() + tls)
    server = Nats(directory, *free_ports(2), config=config)
    server.launch()
    try:
        for name, value in server.settings("booking").items():
            monkeypatch.setenv(name, value)
        good = NatsSettings(nats_tls_ca=authority.ca).broker("booking")
        async with asyncio.timeout(allowed(20)):
            await good.connect()
        await good.check()
        await good.close()
        await refuses(NatsSettings(nats_tls_ca=stranger.ca).broker("booking"))
        monkeypatch.setenv("NATS_URL", f"nats://{servers.nats.address}")
        await refuses(NatsSettings(nats_tls_ca=authority.ca).broker("booking"))  # that server speaks no TLS
    finally:
        await asyncio.to_thread(server.kill)
        shutil.rmtree(directory)


@pytest.fixture
async def postgres_behind_tls(servers: Servers, authority: Authority) -> AsyncIterator[str]:
    terminator = Terminator(servers.postgres.port, authority.serving(), postgresql=True)
    server = await terminator.start()
    yield terminator.address
    server.close()


async def test_postgresql(
    postgres_behind_tls: str, database_urls: dict[str, str], authority: Authority, stranger: Authority
) -> None:
    plain = database_urls["booking"]
    address = plain.rpartition("@")[2].partition("/")[0]
    url = plain.replace(address, postgres_behind_tls) + "?sslmode=verify-full&sslrootcert="
    good, bad = open_database(f"{url}{authority.ca}", "booking"), open_database(f"{url}{stranger.ca}", "booking")
    unencrypted = open_database(f"{plain}?sslmode=verify-full&sslrootcert={authority.ca}", "booking")
    assert await good.schema_revision()
    for database in (bad, unencrypted):
        with pytest.raises(Unavailable):
            await database.schema_revision()
    for database in (good, bad, unencrypted):
        await database.close()


async def test_redis(servers: Servers, authority: Authority, stranger: Authority) -> None:
    terminator = Terminator(servers.valkey.port, authority.serving())
    server = await terminator.start()
    url = f"rediss://:{servers.valkey.password}@{terminator.address}/0?ssl_ca_certs="
    good, bad = RedisLimiter(f"{url}{authority.ca}", 5), RedisLimiter(f"{url}{stranger.ca}", 5)
    tenant = uuid4()

    async def counted() -> bool:
        return await good.take(tenant) is not None

    await eventually(counted)
    assert await bad.take(tenant) is None, "an authority that signed nothing is not believed"
    await good.close()
    await bad.close()
    server.close()
