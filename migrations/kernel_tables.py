"""Tables and policies that several services' first migrations share. Frozen: change nothing here, add a migration."""

from alembic import op

TENANT_POLICY = """
    (select current_setting('app.tenant_ids', true)) = '*'
    OR tenant_id = ANY ((select string_to_array(
        nullif(current_setting('app.tenant_ids', true), '*'), ','))::uuid[])
"""
"""The tenants a transaction has named see their rows; `*` is the scope of work for every tenant; unset sees none."""


def create_outbox_and_inbox() -> None:
    """The kernel's two tables (shared.persistence.outbox, .inbox). Infrastructure: no tenant policy."""
    op.execute("""
        CREATE TABLE outbox (
            id uuid PRIMARY KEY,
            type text NOT NULL,
            subject text NOT NULL,
            payload text NOT NULL,
            correlation_id uuid,
            causation_id uuid,
            occurred_at timestamptz NOT NULL,
            claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            published_at timestamptz
        ) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)
    """)
    op.execute("CREATE INDEX outbox_unpublished_idx ON outbox (claimed_at) WHERE published_at IS NULL")
    op.execute("CREATE INDEX outbox_occurred_at_idx ON outbox USING brin (occurred_at)")
    op.execute("""
        CREATE TABLE inbox (
            consumer text NOT NULL,
            message_id uuid NOT NULL,
            handled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (consumer, message_id)
        )
    """)
    op.execute("CREATE INDEX inbox_handled_at_idx ON inbox USING brin (handled_at)")


def protect(table: str) -> None:
    """Row-level security by `tenant_id`, forced, so that even the owner of the table is bound by it."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY tenant ON {table} USING ({TENANT_POLICY}) WITH CHECK ({TENANT_POLICY})")
