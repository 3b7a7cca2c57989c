"""What the kernel's tests share: a database of their own with a scratch table, and NATS servers to break."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest

from devstack.ports import free_ports
from devstack.servers import Nats, Servers, temporary_directory
from shared.messaging.broker import Broker
from shared.messaging.topology import ensure_topology
from tests.conftest import migrate
from tests.support.databases import open_database
from tests.support.kernel import Kernel

SCRATCH = """
    SET ROLE booking_owner;
    CREATE TABLE booking.effects (tenant_id uuid NOT NULL, event_id uuid NOT NULL, note text NOT NULL);
    ALTER TABLE booking.effects ENABLE ROW LEVEL SECURITY;
    ALTER TABLE booking.effects FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON booking.effects USING (
        tenant_id = ANY ((select string_to_array(current_setting('app.tenant_ids', true), ','))::uuid[]));
    CREATE POLICY system ON booking.effects TO booking_system USING (true);
    GRANT SELECT, INSERT, UPDATE ON booking.effects TO booking, booking_system;
"""


async def new_database(servers: Servers) -> str:
    """An empty database; returns its name."""
    name = f"kernel_{uuid4().hex}"
    connection = await asyncpg.connect(servers.postgres.url)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return name


@pytest.fixture(scope="session")
async def kernel(servers: Servers) -> AsyncIterator[Kernel]:
    """booking's schema in a database of these tests' own, with the table `effects`, protected as any other."""
    name = await new_database(servers)
    urls = await asyncio.to_thread(migrate, servers, "booking", database=name)
    admin_url = servers.postgres.url.replace("/tidebook", f"/{name}")
    connection = await asyncpg.connect(admin_url)
    await connection.execute(SCRATCH)
    await connection.close()
    database = open_database(urls["booking"], "booking", pool_size=20)
    yield Kernel(urls["booking"], admin_url, database)
    await database.close()


@pytest.fixture(scope="module")
async def database_url(servers: Servers) -> str:
    """booking's schema where no other test has left events behind, which this user may not publish."""
    name = await new_database(servers)
    urls = await asyncio.to_thread(migrate, servers, "booking", database=name)
    return urls["booking"]


@pytest.fixture
async def wire(servers: Servers) -> AsyncIterator[Broker]:
    """The session's NATS, with every stream in place."""
    broker = Broker(servers.nats.url, "test")
    await broker.connect()
    await ensure_topology(broker.js, [])
    yield broker
    await broker.close()


@pytest.fixture
async def private_nats() -> AsyncIterator[Nats]:
    """A NATS server that a test may kill, freeze and misconfigure. Not started."""
    directory = temporary_directory()
    server = Nats(directory, *free_ports(2))
    yield server
    await asyncio.to_thread(server.kill)
    shutil.rmtree(directory)


Connect = Callable[[], Awaitable[Broker]]


@pytest.fixture
async def private_wire(private_nats: Nats) -> AsyncIterator[Connect]:
    """Connects to the private NATS, which then runs and has every stream; several connections if asked again."""
    brokers: list[Broker] = []

    async def connect() -> Broker:
        if not private_nats.running:
            await asyncio.to_thread(private_nats.start)
        broker = Broker(private_nats.url, "test")
        brokers.append(broker)
        await broker.connect()
        await ensure_topology(broker.js, [])
        return broker

    yield connect
    for broker in brokers:
        await broker.close()
