"""billing's tables can be distributed by tenant: every constraint of a tenant's table contains the tenant."""

from tests.service.billing.conftest import Billing

CONSTRAINTS = """
    SELECT r.relname, c.conname,
           EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname = 'tenant_id') AS tenant
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    WHERE c.contype IN ('p', 'u', 'x', 'f') AND r.relnamespace = 'billing'::regnamespace
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attname = 'tenant_id')
"""
INDEXES = """
    SELECT i.indexrelid::regclass::text AS name
    FROM pg_index i JOIN pg_class r ON r.oid = i.indrelid
    WHERE i.indisunique AND r.relnamespace = 'billing'::regnamespace
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attname = 'tenant_id')
      AND NOT EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = r.oid AND a.attnum = ANY (i.indkey) AND a.attname = 'tenant_id')
"""


async def test_every_constraint_of_a_tenants_table_contains_the_tenant(billing: Billing) -> None:
    rows = await billing.rows(CONSTRAINTS)
    assert {"payments", "refunds"} <= {row["relname"] for row in rows}, "the catalog shows nothing"
    assert not [row["conname"] for row in rows if not row["tenant"]]
    assert await billing.rows(INDEXES) == []


async def test_a_payment_is_found_by_its_intent_through_an_index(billing: Billing) -> None:
    """Stripe's events name no tenant."""
    sql = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'billing' AND tablename = 'payments'"
    definitions = [row["indexdef"] for row in await billing.rows(sql)]
    assert any(definition.endswith("(payment_intent_id)") for definition in definitions)
