"""Row-level security by tenant, with a login of its own for work across tenants (ADR 0014).

Frozen: change nothing here, add a migration.
"""

from alembic import op

TENANTS = "string_to_array(nullif(current_setting('app.tenant_ids', true), '*'), ',')"
"""The tenants that a transaction has named, as text; unset, or `*`, names none."""
OF_TENANT_ID = f"tenant_id = ANY ((SELECT {TENANTS})::uuid[])"
OF_ID = f"id = ANY ((SELECT {TENANTS})::uuid[])"
"""For the table of tenants itself."""
OF_SUBJECT = f"right(subject, 36) = ANY ((SELECT {TENANTS})::text[])"
"""For the outbox: an event's subject ends with its tenant."""


def protect(service: str, table: str, rule: str = OF_TENANT_ID) -> None:
    """Show a table's rows to transactions that name their tenant; to the system role all of them.

    The reader and the owner see every tenant's when they say so: `SET app.tenant_ids = '*'`. Forced, so that even the
    owner is bound. Replaces a policy that is there already.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"DROP POLICY IF EXISTS tenant ON {table}")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({rule}) WITH CHECK ({rule})")
    op.execute(f"CREATE POLICY system ON {table} TO {service}_system USING (true) WITH CHECK (true)")
    op.execute(f"""
        CREATE POLICY every_tenant ON {table} TO {service}_reader, {service}_owner
            USING ((SELECT current_setting('app.tenant_ids', true)) = '*')
    """)
