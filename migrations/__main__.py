"""Brings every service's schema to the newest migration: `python -m migrations upgrade|current|heads`.

One database by default, a schema, an owner and an application role a service. `ADMIN_DATABASE_URL`
may create roles; `<SERVICE>_DATABASE_URL` names the application role, its password and its database;
`<SERVICE>_ADMIN_DATABASE_URL` overrides the administrator where databases live apart.
"""

import asyncio
import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

HERE = Path(__file__).parent
SERVICES = ("gateway", "booking", "billing", "notifier")
LOCK_KEY = 0x71DEB00C
"""One migration run at a time, however many start."""


def config_for(service: str) -> Config:
    """Alembic's configuration for one service's history."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_locations", str(HERE / service))
    config.set_main_option("path_separator", "os")
    return config


def head(service: str) -> str:
    """The newest migration of a service."""
    revision = ScriptDirectory.from_config(config_for(service)).get_current_head()
    if revision is None:
        raise LookupError(f"{service} has no migrations")
    return revision


async def upgrade(service: str, environment: dict[str, str]) -> str:
    """Create roles and schema where missing, then migrate; returns the revision reached."""
    target = urlsplit(_required(environment, f"{service.upper()}_DATABASE_URL"))
    admin = urlsplit(
        environment.get(f"{service.upper()}_ADMIN_DATABASE_URL") or _required(environment, "ADMIN_DATABASE_URL")
    )
    credentials = admin.netloc.rpartition("@")[0]
    address = target.netloc.rpartition("@")[2]
    url = urlunsplit(("postgresql+asyncpg", f"{credentials}@{address}", target.path, target.query, ""))
    role = unquote(target.username or service)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", role):
        raise SystemExit(f"{service.upper()}_DATABASE_URL: role names are lower-case letters, digits and '_'")
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            await _prepare(connection, service, role, unquote(target.password or ""))
            await connection.execute(text(f"SET ROLE {service}_owner"))
            await connection.execute(text(f"SET search_path TO {service}, public"))
            await connection.commit()
            await connection.run_sync(_run, service)
            await connection.commit()
            await connection.execute(text("RESET ROLE"))
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            await connection.commit()
    finally:
        await engine.dispose()
    return head(service)


async def _prepare(connection: AsyncConnection, service: str, role: str, password: str) -> None:
    """Owner (no login), application role (no DDL, bound by row-level security), schema, default grants."""
    owner = f"{service}_owner"
    for name, options in ((owner, "NOLOGIN"), (role, "LOGIN")):
        known = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
        if not known:
            await connection.execute(text(f"CREATE ROLE {name} {options} NOSUPERUSER NOBYPASSRLS NOCREATEDB"))
    quoted = await connection.scalar(text("SELECT quote_literal(CAST(:password AS text))"), {"password": password})
    await connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD {quoted}")
    await connection.execute(text(f"GRANT {owner} TO CURRENT_USER"))
    await connection.execute(text("CREATE EXTENSION IF NOT EXISTS btree_gist"))
    await connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {owner}"))
    await connection.execute(text(f"GRANT USAGE ON SCHEMA {service} TO {role}"))
    await connection.execute(
        text(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service} "
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
        )
    )
    await connection.commit()


def _run(connection: Connection, service: str) -> None:
    config = config_for(service)
    config.attributes.update(connection=connection, schema=service)
    command.upgrade(config, "head")


def _required(environment: dict[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SystemExit(f"{name} is not set")
    return value


def main() -> None:
    """Entry point of `python -m migrations`."""
    action = sys.argv[1] if len(sys.argv) > 1 else "upgrade"
    wanted = sys.argv[2:] or list(SERVICES)
    if action == "heads":
        for service in wanted:
            print(f"{service}: {head(service)}")
        return
    if action != "upgrade" or not set(wanted) <= set(SERVICES):
        raise SystemExit(f"usage: python -m migrations upgrade|heads [{' '.join(SERVICES)}]")
    for service in wanted:
        try:
            reached = asyncio.run(upgrade(service, dict(os.environ)))
        except (DBAPIError, OSError) as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            raise SystemExit(f"{service}: cannot migrate: {reason}") from None
        print(f"{service}: {reached}")


if __name__ == "__main__":
    main()
