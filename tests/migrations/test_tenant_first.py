"""Whatever must be unique, must not overlap or must exist elsewhere is so within one tenant: read from the catalogues.

So tables can be spread over servers by tenant, and no constraint tells one tenant about another's rows.
"""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from booking.bookings.lifecycle import OCCUPYING
from devstack.servers import Servers
from shared.contracts.booking.bookings import BookingStatus
from tests.conftest import SERVICES

OF_NO_TENANT = {
    "alembic_version": "how far the migrations have come",
    "outbox": "events of every tenant on their way out, found by their own ids and never joined with a tenant's rows",
    "inbox": "which messages a consumer has handled, by ids that are unique by themselves",
    "gateway.tenants": "the tenants themselves",
    "gateway.read_only": "the operator's switches, one of which is for all tenants",
    "gateway.audit_log": "what the operator has done, who is above all tenants",
    "billing.stripe_events": "stored by Stripe's account, before anybody knows whose they are",
    "billing.reconciliation": "how far Stripe's list of an account has been read",
    "notifier.job_heartbeats": "the jobs runner's own",
}
"""Tables without a tenant's id, by name or, where only one service has it, by schema and name; and why."""

_TABLES = """
    SELECT c.oid::regclass::text AS name, n.nspname AS service, c.relname AS "table",
           EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
                   AND NOT a.attisdropped) AS of_a_tenant
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[])
"""
# A column of the constraint must be `tenant_id`; of an exclusion compared by `=`, of a foreign key
# with the other table's `tenant_id` (or with the id of the tenant, in the table of tenants).
_CONSTRAINTS = """
    SELECT t.oid::regclass || ' ' || c.conname AS name,
           EXISTS (SELECT FROM unnest(c.conkey) WITH ORDINALITY AS own (number, place)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = own.number
                   LEFT JOIN pg_attribute other ON other.attrelid = c.confrelid AND other.attnum = c.confkey[own.place]
                   LEFT JOIN pg_operator o ON o.oid = c.conexclop[own.place]
                   WHERE a.attname = 'tenant_id'
                         AND (c.contype <> 'x' OR o.oprname = '=')
                         AND (c.contype <> 'f' OR other.attname = 'tenant_id'
                              OR (c.confrelid = to_regclass('gateway.tenants') AND other.attname = 'id'))
           ) AS has_the_tenant
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute owned ON owned.attrelid = t.oid AND owned.attname = 'tenant_id' AND NOT owned.attisdropped
    WHERE c.contype IN ('p', 'u', 'x', 'f') AND n.nspname = ANY($1::text[])
"""
_UNIQUE_INDEXES = """
    SELECT i.indexrelid::regclass::text AS name, owned.attnum = ANY(i.indkey) AS has_the_tenant
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_attribute owned ON owned.attrelid = t.oid AND owned.attname = 'tenant_id' AND NOT owned.attisdropped
    WHERE i.indisunique AND n.nspname = ANY($1::text[])
"""


@pytest.fixture
async def connection(servers: Servers, database_urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    """As the administrator, to the migrated schemas."""
    connection = await asyncpg.connect(servers.postgres.url)
    yield connection
    await connection.close()


async def test_tables_of_no_tenant_are_few_and_have_a_reason(connection: asyncpg.Connection) -> None:
    tables = await connection.fetch(_TABLES, list(SERVICES))
    found = {(row["service"], row["table"]) for row in tables if not row["of_a_tenant"]}
    listed = {name for service, table in found for name in (table, f"{service}.{table}") if name in OF_NO_TENANT}
    assert not [
        f"{service}.{table}"
        for service, table in found
        if table not in OF_NO_TENANT and f"{service}.{table}" not in OF_NO_TENANT
    ]
    assert listed == set(OF_NO_TENANT)


@pytest.mark.parametrize("query", [_CONSTRAINTS, _UNIQUE_INDEXES], ids=["constraints", "unique indexes"])
async def test_each_constraint_of_a_tenants_table_has_the_tenant(connection: asyncpg.Connection, query: str) -> None:
    rows = await connection.fetch(query, list(SERVICES))
    assert len(rows) > 10
    assert not [row["name"] for row in rows if not row["has_the_tenant"]]


async def test_the_database_and_the_code_agree_on_what_occupies_a_slot(connection: asyncpg.Connection) -> None:
    """The generated column's expression, computed for every status."""
    expression = await connection.fetchval("""
        SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
        JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        WHERE d.adrelid = 'booking.bookings'::regclass AND a.attname = 'occupying' AND a.attgenerated = 's'
    """)
    query = f"SELECT status FROM unnest($1::text[]) AS b (status) WHERE {expression}"
    occupying = await connection.fetch(query, [status.value for status in BookingStatus])
    assert {row["status"] for row in occupying} == {status.value for status in OCCUPYING}


async def test_only_what_occupies_a_slot_may_not_overlap(connection: asyncpg.Connection) -> None:
    condition = await connection.fetchval("""
        SELECT pg_get_expr(i.indpred, i.indrelid) FROM pg_index i
        WHERE i.indexrelid = 'booking.allocations_no_overlap'::regclass
    """)
    assert condition == "occupying"


@pytest.mark.parametrize(("table", "column"), [("gateway.api_keys", "id"), ("billing.payments", "payment_intent_id")])
async def test_what_finds_out_the_tenant_is_found_by_an_index(
    connection: asyncpg.Connection, table: str, column: str
) -> None:
    query = """
        SELECT count(*) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = $1::text::regclass AND a.attname = $2 AND i.indpred IS NULL
    """
    assert await connection.fetchval(query, table, column) == 1
