"""One service's database: its engine, its declarative base, its health.

Knows SQL, doesn't know NATS. Every time-out that keeps a frozen server from freezing us is set
here.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from traceback import walk_tb
from typing import Any, ClassVar

import asyncpg
from pydantic import SecretStr
from sqlalchemy import DateTime, MetaData, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from shared.errors import Unavailable

NAMING_CONVENTION = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 2
"""No statement of a handler may take longer; a frozen server is noticed after this."""


class Base(DeclarativeBase):
    """Base of every mapped class: one naming convention, instants with their zone, text without a length."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text}


class Database:
    """Two pools of connections in one service's schema: as its application role, and as the role for all tenants."""

    def __init__(
        self, url: SecretStr, system_url: SecretStr, schema: str, pool_size: int = 10, system_pool_size: int = 5
    ) -> None:
        """The URLs are plain `postgresql://` ones, with `sslmode` and `sslrootcert` if they ask for TLS.

        `url` logs in as the role that sees the tenants it names, `system_url` as the one that sees every tenant's rows
        (ADR 0014). `schema` becomes the search path. Connections are opened when they are first needed.
        """
        self.schema = schema
        self.engine = _engine(url, schema, pool_size)
        self.system = _engine(system_url, schema, system_pool_size)
        """For work that belongs to no single tenant: the relay's, schedules', pruning."""

    @asynccontextmanager
    async def transaction(self, tenants: str) -> AsyncIterator[tuple[AsyncConnection, Any]]:
        """A transaction that sees `tenants` (ids with commas between, or `*`): commits on exit, rolls back on an error.

        `*` is another login, not another scope: what is said on a connection for some tenants never reaches others.

        Yields SQLAlchemy's connection and the asyncpg one within it. Raises what the driver raises. A
        connection whose state is not known is not used again.
        """
        if not _TENANTS.fullmatch(tenants):
            raise ValueError("tenants are UUIDs with commas between, or '*'")
        if tenants == "*":
            connection, driver = await _begin(self.system, "BEGIN")
        else:
            scope = f"BEGIN; SELECT set_config('app.tenant_ids', '{tenants}', true)"
            connection, driver = await _begin(self.engine, scope)
        try:
            yield connection, driver
            if await driver.execute("COMMIT") != "COMMIT":
                raise RuntimeError("the transaction had failed before its end, and nobody said so")
        except BaseException as error:
            await _roll_back(connection, driver, error)
            raise
        finally:
            await connection.close()

    async def schema_revision(self) -> str | None:
        """The migration that the database stands at. Raises `Unavailable` if it can't be asked, by either role."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + STATEMENT_SECONDS):
                async with self.system.connect() as connection:
                    await connection.execute(text("SELECT 1"))
                async with self.engine.connect() as connection:
                    row = await connection.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
                    if not row.scalar_one():
                        return None
                    return (
                        await connection.execute(text("SELECT version_num FROM alembic_version"))
                    ).scalar_one_or_none()
        except DATABASE_OUTAGES as error:
            raise Unavailable(f"database: {type(error).__name__}") from error

    async def close(self) -> None:
        """Give all connections back; never waits longer than the server would need to answer."""
        try:
            async with asyncio.timeout(STATEMENT_SECONDS):
                await asyncio.gather(self.engine.dispose(), self.system.dispose())
        except TimeoutError:
            return


def _engine(url: SecretStr, schema: str, pool_size: int) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=STATEMENT_SECONDS,
        json_serializer=_dump_json,
        hide_parameters=True,  # they are personal data, and errors are logged
        async_creator=partial(
            asyncpg.connect,  # which reads the URL as PostgreSQL's own tools do
            url.get_secret_value(),
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings={
                "search_path": schema,
                "application_name": f"tidebook-{schema}",
                "statement_timeout": str(STATEMENT_SECONDS * 1000),
                "lock_timeout": str(STATEMENT_SECONDS * 1000),
                "idle_in_transaction_session_timeout": "10000",
                "jit": "off",
            },
        ),
    )


async def _begin(engine: AsyncEngine, statement: str) -> tuple[AsyncConnection, Any]:
    """A connection on which `statement` has begun a transaction.

    BEGIN and its settings take one round trip, and that finds a connection which died in the
    pool, with a restarted server say: none needs a ping before it is used.
    """
    for last in (False, True):
        connection = await engine.connect()
        await connection.execution_options(isolation_level="AUTOCOMMIT")  # BEGIN and COMMIT are said by us
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            await driver.execute(statement)
        except BaseException as error:
            await _roll_back(connection, driver, error)
            await connection.close()
            if last or not isinstance(error, _GONE) or isinstance(error, TimeoutError):
                raise
            await engine.dispose()  # the others in the pool will have died of the same
        else:
            return connection, driver
    raise AssertionError


async def _roll_back(connection: AsyncConnection, driver: Any, error: BaseException) -> None:
    """End a failed transaction; its connection too, if that may be cut off or in the middle of a statement."""
    if isinstance(error, Exception) and not isinstance(error, _GONE):
        try:
            await driver.execute("ROLLBACK")
        except (asyncpg.PostgresError, *_GONE):
            pass
        else:
            return
    driver.terminate()
    await connection.invalidate()


_TENANTS = re.compile(r"\*|[0-9a-f,-]*")
_GONE = (
    OSError,  # and with it TimeoutError
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server has said goodbye, the end of the connection is not here yet
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
"""What is raised on a connection that is gone, or whose server is going."""


def is_outage(error: BaseException) -> bool:
    """Whether an error says "the database is not reachable now" rather than "this statement, or this code, is wrong".

    A bare OSError or time-out counts only if the driver raised it: code that works on a message can raise one as well.
    """
    if isinstance(error, asyncpg.DataError):
        return False
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state[:2] in _OUTAGE_CLASSES or state in _OUTAGE_STATES
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None) or ""
        return not state or state[:2] in _OUTAGE_CLASSES or state in _OUTAGE_STATES
    if isinstance(error, OSError):  # and with it TimeoutError
        return any(
            frame.f_globals.get("__name__", "").startswith("asyncpg") for frame, _ in walk_tb(error.__traceback__)
        )
    return isinstance(error, DATABASE_OUTAGES)


_OUTAGE_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes of connections, resources and interventions."""
_OUTAGE_STATES = frozenset({"55P03", "40001", "40P01"})
"""A lock not had in time, a serialization failure, a deadlock: the same statement may succeed next time."""

DATABASE_OUTAGES = (
    DBAPIError,
    PoolTimeout,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What connecting to or asking a database that is down, frozen or restarting raises."""


def _dump_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
