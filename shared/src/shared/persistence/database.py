"""One service's database: its engine, its declarative base, its health.

Knows SQL, doesn't know NATS. Every time-out that keeps a frozen server from freezing us is set
here (reliability R7).
"""

import asyncio
import json
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from sqlalchemy import DateTime, MetaData, Text, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
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
"""No statement of a handler may take longer; a frozen server is noticed after this (fault 17)."""


class Base(DeclarativeBase):
    """Base of every mapped class: one naming convention, instants with their zone, text without a length."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text}


class Database:
    """A pool of connections as one service's role, in that service's schema."""

    def __init__(self, url: str, schema: str, pool_size: int = 10) -> None:
        """`url` is a plain `postgresql://` URL; `schema` becomes the search path."""
        self.schema = schema
        parts = urlsplit(url)
        self.engine: AsyncEngine = create_async_engine(
            urlunsplit(parts._replace(scheme="postgresql+asyncpg")),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=STATEMENT_SECONDS,
            pool_pre_ping=True,
            json_serializer=_dump_json,
            hide_parameters=True,  # they are personal data, and errors are logged
            connect_args={
                "timeout": CONNECT_SECONDS,
                "command_timeout": STATEMENT_SECONDS,
                "server_settings": {
                    "search_path": schema,
                    "application_name": f"tidebook-{schema}",
                    "statement_timeout": str(STATEMENT_SECONDS * 1000),
                    "lock_timeout": str(STATEMENT_SECONDS * 1000),
                    "idle_in_transaction_session_timeout": "10000",
                    "jit": "off",
                },
            },
        )

    async def schema_revision(self) -> str | None:
        """The migration that the database stands at. Raises `Unavailable` if it can't be asked."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS + STATEMENT_SECONDS):
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
                await self.engine.dispose()
        except TimeoutError:
            return


async def driver_of(session: AsyncSession) -> Any:
    """The session's own asyncpg connection, in the session's transaction: for the statements of hot paths.

    SQLAlchemy's way to the driver costs several times the driver's own. Pending changes of mapped
    objects are not flushed first.
    """
    return (await (await session.connection()).get_raw_connection()).driver_connection


def is_outage(error: BaseException) -> bool:
    """Whether a database error says "not reachable now" rather than "this statement is wrong"."""
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
    return isinstance(error, DATABASE_OUTAGES)


_OUTAGE_CLASSES = frozenset({"08", "53", "57", "58"})
"""SQLSTATE classes of connections, resources and interventions."""
_OUTAGE_STATES = frozenset({"55P03", "40001", "40P01"})
"""A lock not had in time, a serialization failure, a deadlock: the same statement may succeed next time."""

DATABASE_OUTAGES = (DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What connecting to or asking a database that is down, frozen or restarting raises."""


def _dump_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
