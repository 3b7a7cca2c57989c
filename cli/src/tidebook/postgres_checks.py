"""Looks at PostgreSQL: version, durability, clock, long transactions; each schema's migration, role and outbox."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from billing.schema import SCHEMA_REVISION as BILLING_REVISION
from booking.schema import SCHEMA_REVISION as BOOKING_REVISION
from gateway.schema import SCHEMA_REVISION as GATEWAY_REVISION
from notifier.schema import SCHEMA_REVISION as NOTIFIER_REVISION
from tidebook.environment import SERVICES, Environment
from tidebook.findings import Finding, clock, fail, graded, ok

REVISIONS = {
    "gateway": GATEWAY_REVISION,
    "booking": BOOKING_REVISION,
    "billing": BILLING_REVISION,
    "notifier": NOTIFIER_REVISION,
}
LOWEST, TESTED = 16, 18
"""Major versions: the first that has what migrations need; the one the suites run on."""
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_PATIENCE_SECONDS = 5
_LONGEST = """
    SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8 FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_ABOVE = """
    SELECT string_agg(rolname, ', ') FROM pg_roles
    WHERE rolname = ANY ($1::text[]) AND (rolsuper OR rolbypassrls)
"""
_MAY_CHANGE = """
    SELECT string_agg(rolname, ', ') FROM pg_roles
    WHERE rolname = ANY ($1::text[]) AND has_table_privilege(rolname, 'audit_log', 'UPDATE, DELETE')
"""
_OUTBOX = """
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8
    FROM outbox WHERE published_at IS NULL
"""


async def check_postgres(environment: Environment) -> list[Finding]:
    """Everything about the databases; the server's own state is looked at once for each address."""
    found: list[Finding] = []
    seen: set[str] = set()
    for service in SERVICES:
        url = environment.database_url(service)
        if not url:
            name = f"{service.upper()}_SYSTEM_DATABASE_URL"
            found.append(fail(f"{service} database", f"{name} is not set", "set it, or DATABASE_URL for all"))
            continue
        address = url.rpartition("@")[2]
        try:
            connection = await asyncpg.connect(url, timeout=_PATIENCE_SECONDS, command_timeout=_PATIENCE_SECONDS)
        except (asyncpg.PostgresError, OSError, ValueError, TimeoutError) as error:
            told = f"can't be reached: {str(error) or type(error).__name__}"
            found.append(fail(f"{service} database", told, "bring it back; look at the URL, its user and password"))
            continue
        try:
            if address not in seen:
                seen.add(address)
                found += await _server(connection)
            found += await _schema(connection, service, environment)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            told = f"can't be looked at: {str(error) or type(error).__name__}"
            found.append(fail(f"{service} database", told, "see that its role exists and migrations have run"))
        finally:
            await connection.close(timeout=_PATIENCE_SECONDS)
    return found


async def _server(connection: Any) -> list[Finding]:
    major = connection.get_server_version().major
    told = f"{await connection.fetchval('SHOW server_version')}"
    cure = f"run {TESTED}, which the suites run on"
    durability = {name: await connection.fetchval(f"SHOW {name}") for name in DURABLE}
    unsafe = [f"{name} = {value}" for name, value in durability.items() if value == "off"]
    behind = (datetime.now(UTC) - await connection.fetchval("SELECT clock_timestamp()")).total_seconds()
    longest = await connection.fetchval(_LONGEST)
    return [
        graded("PostgreSQL", told, TESTED - major, (0, TESTED - LOWEST), cure),
        fail("PostgreSQL durability", ", ".join(unsafe), "switch them on: a crash loses committed bookings")
        if unsafe
        else ok("PostgreSQL durability", f"{', '.join(DURABLE)} are on"),
        clock("PostgreSQL clock", behind),
        graded(
            "oldest transaction",
            f"{longest:.0f} s",
            longest,
            (60, 600),
            "it holds up vacuum: find it in pg_stat_activity and end it",
        ),
    ]


async def _schema(connection: Any, service: str, environment: Environment) -> list[Finding]:
    found = []
    await connection.execute("SELECT set_config('search_path', $1, false)", service)
    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    wanted = REVISIONS[service]
    found.append(
        ok(f"{service} migration", revision)
        if revision == wanted
        else fail(f"{service} migration", f"code {wanted}, database {revision}", "run `make migrate`")
    )
    application = urlsplit(environment.get(f"{service.upper()}_DATABASE_URL")).username or service
    roles = [application, f"{service}_system"]
    above = await connection.fetchval(_ABOVE, roles)
    found.append(
        fail(f"{service} roles", f"{above}: above row-level security", "use a role without SUPERUSER and BYPASSRLS")
        if above
        else ok(f"{service} roles", f"{', '.join(roles)}: bound by row-level security")
    )
    if service == "gateway":
        found.append(
            fail("audit log", f"{able} may change it", "run `make migrate`, which takes that right away")
            if (able := await connection.fetchval(_MAY_CHANGE, roles))
            else ok("audit log", "can only be added to")
        )
    else:
        waiting, oldest = await connection.fetchrow(_OUTBOX)
        told = f"{waiting} wait, the oldest for {oldest:.0f} s" if waiting else "nothing waits"
        cure = f"see that {service}-service runs, NATS answers and no stream is full"
        found.append(graded(f"{service} outbox", told, oldest, (30, 300), cure))
    return found
