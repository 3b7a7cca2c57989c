"""Brings every service's schema to the newest migration: `python -m migrations upgrade|heads`; `new` writes one.

One database by default, a schema and four roles a service (`migrations.roles`). `ADMIN_DATABASE_URL`
may create roles; `<SERVICE>_DATABASE_URL` names the application role, its password and its database,
`<SERVICE>_SYSTEM_DATABASE_URL` the password of the role `<service>_system`; `<SERVICE>_ADMIN_DATABASE_URL`
overrides the administrator where databases live apart. With `READER_DATABASE_PASSWORD` the roles
`<service>_reader` may log in.
"""

import asyncio
import os
import re
import sys
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations.creating import create, require
from migrations.roles import Roles

HERE = Path(__file__).parent
SERVICES = ("gateway", "booking", "billing", "notifier")
LOCK_KEY = 0x71DEB00C
"""One migration run at a time, however many start."""
LOCK_TIMEOUT = "2s"
"""A migration that would wait longer for a table fails, instead of holding up everybody who comes after it."""


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
    url = urlunsplit(("postgresql", f"{credentials}@{address}", target.path, target.query, ""))
    role = unquote(target.username or service)
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", role):
        raise SystemExit(f"{service.upper()}_DATABASE_URL: role names are lower-case letters, digits and '_'")
    system = urlsplit(_required(environment, f"{service.upper()}_SYSTEM_DATABASE_URL"))
    roles = Roles(
        service,
        role,
        unquote(target.password or ""),
        unquote(system.password or ""),
        environment.get("READER_DATABASE_PASSWORD", "").strip(),
    )
    if unquote(system.username or "") != roles.system:
        raise SystemExit(f"{service.upper()}_SYSTEM_DATABASE_URL: its user has to be {roles.system}")
    connect = partial(asyncpg.connect, url)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
            await roles.prepare(connection)
            await connection.commit()
            await connection.execute(text(f"SET ROLE {roles.owner}"))
            await connection.execute(text(f"SET search_path TO {service}, public"))
            await connection.execute(text(f"SET lock_timeout TO '{LOCK_TIMEOUT}'"))
            await connection.commit()
            await connection.run_sync(_run, service)
            await roles.finish(connection)
            await connection.commit()
            await connection.execute(text("RESET ROLE"))
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            await connection.commit()
    finally:
        await engine.dispose()
    return head(service)


def _run(connection: Connection, service: str) -> None:
    config = config_for(service)
    config.attributes.update(connection=connection, schema=service)
    command.upgrade(config, "head")


def _required(environment: dict[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise SystemExit(f"{name} is not set")
    return value


def _new(arguments: list[str]) -> None:
    """Write a migration, and say what has to follow."""
    folders = {name: name for name in SERVICES} | {"api-gateway": "gateway"}
    folders |= {f"{name}-service": name for name in SERVICES if name != "gateway"}
    if len(arguments) != 2 or arguments[0] not in folders:
        raise SystemExit("usage: make migration service=booking-service name=add_customers")
    service = folders[arguments[0]]
    try:
        path = create(config_for(service), arguments[1])
    except ValueError as error:
        raise SystemExit(str(error)) from None
    code = require(service, HERE.parent, path.stem)
    print(f"{path.relative_to(HERE.parent)}: write its upgrade(): add only, so that running code can live with it")
    if code is not None:
        print(f'{code}: SCHEMA_REVISION = "{path.stem}"; the mapped classes have to follow')


def main() -> None:
    """Entry point of `python -m migrations`."""
    action = sys.argv[1] if len(sys.argv) > 1 else "upgrade"
    if action == "new":
        _new(sys.argv[2:])
        return
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
