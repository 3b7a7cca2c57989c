"""Every database role fails at what it may not do, whoever asks and however."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest

from devstack.servers import Servers
from migrations.roles import PRUNED_TABLES, SYSTEM_TABLES
from tests.conftest import READER_PASSWORD, SERVICES
from tests.privileges.conftest import Denied
from tests.support.databases import system_url

TABLES = {"gateway": "tenants", "booking": "services", "billing": "payments", "notifier": "messages"}
"""One table of each service, for others to want."""
ROWS = {
    "booking": (
        "resources",
        "INSERT INTO booking.resources (tenant_id, id, name, time_zone, weekly_hours) VALUES"
        " ($1, gen_random_uuid(), 'Team Ada', 'Europe/Paris', '[]')",
    ),
    "billing": (
        "payments",
        "INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency) VALUES"
        " ($1, gen_random_uuid(), gen_random_uuid(), 'requested', 100, 'eur')",
    ),
    "notifier": (
        "bookings",
        "INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot) VALUES"
        " ($1, gen_random_uuid(), 1, 1, 'confirmed', '{}')",
    ),
}
"""A table with row-level security of each service that has one, and a row of a tenant's for it."""
FOREIGN = {
    "audit_log": "INSERT INTO {} (id, actor, action, object, details, reason, request_id, about_tenant_id)"
    " VALUES (gen_random_uuid(), 'x', 'x', 'x', '', '', gen_random_uuid(), gen_random_uuid())",
    "tenants": "INSERT INTO {} (id, name) VALUES (gen_random_uuid(), 'mine')",
    "outbox": "INSERT INTO {} (id, type, subject, payload, occurred_at)"
    " VALUES (gen_random_uuid(), 'x', 'x.' || gen_random_uuid(), '{{}}', now())",
}
"""A row of another tenant's, where no column is named `tenant_id`."""


def other(service: str) -> str:
    """Another service."""
    return SERVICES[(SERVICES.index(service) + 1) % len(SERVICES)]


@asynccontextmanager
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def reader_url(servers: Servers, service: str) -> str:
    return servers.postgres.url_for(f"{service}_reader", READER_PASSWORD)


async def refused(connection: asyncpg.Connection, statement: str) -> str:
    """The server's refusal of a statement; it must be one for want of a privilege."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError) as raised:
        await connection.execute(statement)
    return str(raised.value).splitlines()[0]


async def all_tables(connection: asyncpg.Connection, service: str) -> list[str]:
    """The names of a service's tables."""
    query = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::text::regnamespace ORDER BY 1"
    return [row["relname"] for row in await connection.fetch(query, service)]


async def protected_tables(connection: asyncpg.Connection, service: str) -> dict[str, bool]:
    """Tables that hold a tenant's rows: name to whether row-level security is forced."""
    rows = await connection.fetch(
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced"
        " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE relkind = 'r' AND relnamespace = $1::text::regnamespace"
        " AND (attname = 'tenant_id' OR (relname, attname) IN"
        " (('tenants', 'id'), ('outbox', 'subject'), ('audit_log', 'about_tenant_id')))",
        service,
    )
    return {row["relname"]: row["forced"] for row in rows}


def forbidden_to_all(service: str) -> list[str]:
    """What no role that can log in may do, in its own schema or elsewhere."""
    table, foreign = f"{service}.{TABLES[service]}", f"{other(service)}.{TABLES[other(service)]}"
    return [
        f"SELECT count(*) FROM {foreign}",
        f"DELETE FROM {foreign}",
        f"CREATE TABLE {service}.mine (a int)",
        "CREATE TABLE public.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        f"CREATE FUNCTION {service}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE EXTENSION IF NOT EXISTS dblink",
        f"ALTER TABLE {table} ADD COLUMN mine int",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"DROP TABLE {table}",
        f"TRUNCATE {table}",
        f"UPDATE {service}.alembic_version SET version_num = 'mine'",
        f"SET ROLE {service}_owner",
        "SET ROLE postgres",
        "CREATE ROLE mine",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "ALTER SYSTEM SET fsync = off",
    ]


@pytest.mark.parametrize("service", SERVICES)
async def test_the_application_role(service: str, database_urls: dict[str, str], denied: Denied) -> None:
    async with session(database_urls[service]) as connection:
        for statement in forbidden_to_all(service):
            denied(f"PostgreSQL {service}", statement, await refused(connection, statement))
        for table in await protected_tables(connection, service):
            await connection.execute("SELECT set_config('app.tenant_ids', $1, false)", str(uuid4()))
            statement = FOREIGN.get(table, "INSERT INTO {} (tenant_id) VALUES (gen_random_uuid())")
            statement = statement.format(f"{service}.{table}")
            answer = await refused(connection, statement)
            assert "row-level security" in answer
            denied(f"PostgreSQL {service}", f"for another tenant: {statement}", answer)
            await connection.execute("SET row_security = off")
            statement = f"SELECT count(*) FROM {service}.{table}"
            answer = await refused(connection, statement)
            denied(f"PostgreSQL {service}", f"SET row_security = off; {statement}", answer)
            await connection.execute("RESET row_security")


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_there_for_good_is_neither_deleted_nor_locked(
    service: str, database_urls: dict[str, str], denied: Denied
) -> None:
    """The application deletes and locks nothing at all, the system role only what it forgets after a while."""
    for role, url in ((service, database_urls[service]), (f"{service}_system", system_url(database_urls[service]))):
        async with session(url) as connection:
            tables = await all_tables(connection, service)
            kept = [t for t in tables if role == service or t not in PRUNED_TABLES[service]]
            assert "alembic_version" in kept
            for table in kept:
                for statement in (
                    f"DELETE FROM {service}.{table}",
                    f"LOCK TABLE {service}.{table} IN ACCESS EXCLUSIVE MODE",
                    f"LOCK TABLE {service}.{table} IN SHARE MODE",
                ):
                    answer = await refused(connection, f"BEGIN; {statement}")
                    await connection.execute("ROLLBACK")
                    denied(f"PostgreSQL {role}", statement, answer)


@pytest.mark.parametrize("service", SERVICES)
async def test_the_application_role_can_not_name_every_tenant(
    service: str, database_urls: dict[str, str], denied: Denied
) -> None:
    async with session(database_urls[service]) as connection:
        await connection.execute("SELECT set_config('app.tenant_ids', '*', false)")
        for table in await protected_tables(connection, service):
            assert await connection.fetchval(f"SELECT count(*) FROM {service}.{table}") == 0
            denied(f"PostgreSQL {service}", f"SET app.tenant_ids = '*'; SELECT FROM {service}.{table}", "0 rows")
        for table in SYSTEM_TABLES[service]:
            for statement in (
                f"SELECT count(*) FROM {service}.{table}",
                f"INSERT INTO {service}.{table} DEFAULT VALUES",
            ):
                denied(f"PostgreSQL {service}", statement, await refused(connection, statement))
        for table in {"outbox", "inbox"} & set(await all_tables(connection, service)):
            statement = f"UPDATE {service}.{table} SET {'id = id' if table == 'outbox' else 'consumer = consumer'}"
            denied(f"PostgreSQL {service}", statement, await refused(connection, statement))


@pytest.mark.parametrize("service", SERVICES)
async def test_the_system_role(service: str, database_urls: dict[str, str], denied: Denied) -> None:
    """It sees every tenant's rows, and is otherwise as bound as any."""
    async with session(system_url(database_urls[service])) as connection:
        for statement in [*forbidden_to_all(service), f"SET ROLE {service}"]:
            denied(f"PostgreSQL {service}_system", statement, await refused(connection, statement))
        for table in await all_tables(connection, service):
            await connection.fetchval(f"SELECT count(*) FROM {service}.{table}")


async def test_the_gateway_can_not_rewrite_keys(database_urls: dict[str, str], denied: Denied) -> None:
    async with session(system_url(database_urls["gateway"])) as connection:
        for statement in (
            "UPDATE gateway.api_keys SET tenant_id = gen_random_uuid()",
            "UPDATE gateway.api_keys SET secret_sha256 = ''",
            "UPDATE gateway.api_keys SET scopes = '{}'",
            "UPDATE gateway.api_keys SET role = 'owner'",
            "UPDATE gateway.api_keys SET expires_at = NULL",
            "UPDATE gateway.tenants SET name = 'mine'",
            "UPDATE gateway.audit_log SET actor = 'nobody'",
        ):
            denied("PostgreSQL gateway_system", statement, await refused(connection, statement))
        await connection.execute("UPDATE gateway.api_keys SET revoked_at = now() WHERE false")


@pytest.mark.parametrize("service", SERVICES)
async def test_the_reader(servers: Servers, service: str, database_urls: dict[str, str], denied: Denied) -> None:
    async with session(reader_url(servers, service)) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute(f"DELETE FROM {TABLES[service]}")
        await connection.execute("SET default_transaction_read_only = off")
        table = f"{service}.{TABLES[service]}"
        statements = [
            *forbidden_to_all(service),
            f"INSERT INTO {table} DEFAULT VALUES",
            f"UPDATE {table} SET id = id",
            f"DELETE FROM {table}",
            *{
                "gateway": ["SELECT secret_sha256 FROM gateway.api_keys"],
                "booking": ["SELECT payload FROM booking.outbox"],
                "billing": ["SELECT client_secret FROM billing.payments", "SELECT payload FROM billing.stripe_events"],
                "notifier": ["SELECT payload FROM notifier.outbox"],
            }[service],
        ]
        for statement in statements:
            denied(f"PostgreSQL {service}_reader", statement, await refused(connection, statement))
        await connection.fetch(f"SELECT count(*) FROM {TABLES[service]}")


@pytest.mark.parametrize("service", ROWS)
async def test_rows_are_seen_by_who_names_their_tenant(
    servers: Servers, service: str, database_urls: dict[str, str], denied: Denied
) -> None:
    table, insert = ROWS[service]
    tenant = uuid4()

    async def seen(connection: asyncpg.Connection, named: UUID | None) -> int:
        async with connection.transaction():
            if named:
                await connection.execute("SELECT set_config('app.tenant_ids', $1, true)", str(named))
            count = f"SELECT count(*) FROM {service}.{table} WHERE tenant_id = $1"
            return int(await connection.fetchval(count, tenant))

    async with (
        session(database_urls[service]) as application,
        session(system_url(database_urls[service])) as system,
        session(reader_url(servers, service)) as reader,
        session(servers.postgres.url) as administrator,
    ):
        async with application.transaction():
            await application.execute("SELECT set_config('app.tenant_ids', $1, true)", str(tenant))
            await application.execute(insert, tenant)
        await administrator.execute(f"SET ROLE {service}_owner")
        for role, connection in (("", application), ("_reader", reader), ("_owner", administrator)):
            assert await seen(connection, tenant) == 1
            assert await seen(connection, None) == 0
            assert await seen(connection, uuid4()) == 0
            denied(f"PostgreSQL {service}{role}", f"SELECT FROM {service}.{table} without its tenant", "0 rows")
        assert await seen(system, None) == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_the_owner_can_not_log_in_and_keeps_to_its_schema(
    servers: Servers, service: str, database_urls: dict[str, str], denied: Denied
) -> None:
    owner = f"{service}_owner"
    with pytest.raises(asyncpg.InvalidPasswordError) as raised:
        await asyncpg.connect(servers.postgres.url_for(owner, ""))
    denied(f"PostgreSQL {owner}", "log in", str(raised.value))
    async with session(servers.postgres.url) as administrator:
        assert await administrator.fetchval("SELECT NOT rolcanlogin FROM pg_roles WHERE rolname = $1", owner)
        await administrator.execute(f"SET ROLE {owner}")
        foreign = f"{other(service)}.{TABLES[other(service)]}"
        for statement in (
            f"SELECT count(*) FROM {foreign}",
            f"DROP TABLE {foreign}",
            f"CREATE TABLE {other(service)}.mine (a int)",
            "CREATE TABLE public.mine (a int)",
            f"ALTER ROLE {owner} BYPASSRLS",
            "CREATE ROLE mine",
        ):
            denied(f"PostgreSQL {owner}", statement, await refused(administrator, statement))


@pytest.mark.parametrize("service", SERVICES)
async def test_roles_are_bound_own_nothing_and_have_limits(
    servers: Servers, service: str, database_urls: dict[str, str], denied: Denied
) -> None:
    limits = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    for role, url, expected in (
        (service, database_urls[service], ["2s", "2s", "10s"]),
        (f"{service}_system", system_url(database_urls[service]), ["2s", "2s", "10s"]),
        (f"{service}_reader", reader_url(servers, service), ["30s", "2s", "1min"]),
    ):
        async with session(url) as connection:
            row = await connection.fetchrow(
                "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
                " FROM pg_roles WHERE rolname = current_user"
            )
            assert tuple(row) == (False,) * 5
            owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
            assert await connection.fetchval(owned) == 0
            memberships = "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"
            assert await connection.fetchval(memberships) == 0
            assert [await connection.fetchval(f"SHOW {name}") for name in limits] == expected
            denied(f"PostgreSQL {role}", "run, wait or idle without end", f"{', '.join(limits)}: {', '.join(expected)}")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_tenants_table_is_protected(servers: Servers, service: str, database_urls: dict[str, str]) -> None:
    async with session(database_urls[service]) as connection:
        found = await protected_tables(connection, service)
    assert found
    assert [name for name, forced in found.items() if not forced] == []


async def test_a_statement_without_end_is_ended(database_urls: dict[str, str]) -> None:
    async with session(database_urls["booking"]) as connection:
        with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
            await connection.execute("SELECT pg_sleep(30)")
