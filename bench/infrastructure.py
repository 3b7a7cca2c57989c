"""Real servers for one measurement, as durable as in production, and the kernel's parts on them.

Each measurement has servers of its own: no stream, table or process is left over from another.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import asyncpg
from nats import connect
from nats.aio.client import Client
from pydantic import SecretStr

from devstack.stack import SERVICES, Stack
from shared.messaging.broker import Broker
from shared.messaging.topology import ensure_topology
from shared.persistence.database import Database

SETTINGS = {
    "MAIL_ADAPTER": "off",
    "RATE_LIMIT_PER_MINUTE": "1000000",
    "TENANT_SHARE": "1",  # there is one
    "LOG_FORMAT": "json",
    "SLOW_SECONDS": "30",  # 256 connections are served, however slow the machine
}
"""Services as in production, but for the quota, which would end a load, and the mail."""
POOL = 10
"""Connections to PostgreSQL, ours and a reference's."""


@contextmanager
def running_stack(replicas: Mapping[str, int] | None = None, **settings: str) -> Iterator[Stack]:
    """Servers and services, as many of each as said."""
    with Stack.throwaway(durable=True, replicas=replicas, settings=SETTINGS | settings) as stack:
        yield stack


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel's parts in this process, as one service has them."""

    stack: Stack
    broker: Broker
    database: Database
    schema: str

    @property
    def servers(self) -> dict[str, int]:
        """The pids of the servers that do its work."""
        return {"PostgreSQL": self.stack.servers.postgres.pid, "NATS": self.stack.servers.nats.pid}

    async def raw_nats(self) -> Client:
        """A plain connection of nats-py, as its README shows; the caller closes it."""
        return await connect(self.stack.servers.nats.url)

    async def raw_database(self, **settings: int) -> "asyncpg.Pool[asyncpg.Record]":
        """A plain pool of asyncpg, as the same role in the same schema; the caller closes it."""
        return await asyncpg.create_pool(
            self.stack.database_url(self.schema),
            min_size=1,
            max_size=POOL,
            server_settings={"search_path": self.schema, "jit": "off"},
            **settings,
        )

    async def administer(self, sql: str) -> None:
        """Run statements as the schema's owner: what an application role may not do."""
        connection = await asyncpg.connect(self.stack.servers.postgres.url)
        try:
            await connection.execute(f"SET ROLE {self.schema}_owner; SET search_path TO {self.schema}, public; {sql}")
        finally:
            await connection.close()


@asynccontextmanager
async def kernel_of(schema: str) -> AsyncIterator[Kernel]:
    """Servers without any service, every stream and schema in place, and one service's connections."""
    stack = Stack.throwaway(durable=True, replicas=dict.fromkeys(SERVICES, 0))
    async with stack:
        broker = Broker(stack.servers.nats.url, schema)
        database = Database(
            SecretStr(stack.database_url(schema)), SecretStr(stack.system_database_url(schema)), schema, POOL, POOL
        )
        await broker.connect()
        await ensure_topology(broker.js, [])
        try:
            yield Kernel(stack, broker, database, schema)
        finally:
            await broker.close()
            await database.close()


async def settle(stack: Stack, seconds: float = 1.0) -> None:
    """Let a server finish what it still has to do before the next round: PostgreSQL its writing, say."""
    connection = await asyncpg.connect(stack.servers.postgres.url)
    try:
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    await asyncio.sleep(seconds)
