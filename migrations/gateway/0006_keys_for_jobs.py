"""A key may have a role instead of scopes, and a successor that takes its place while it lives on for a while.

Writes can be switched off, for everybody or for a tenant. A switch that was turned back stays as a row.
"""

from alembic import op

revision = "0006_keys_for_jobs"
down_revision = "0005_system_login"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # A key with a role has no scopes of its own: a gateway that does not know roles yet lets it do nothing.
    op.execute("""
        ALTER TABLE api_keys
            ADD COLUMN role text,
            ADD COLUMN replaced_by text,
            ADD COLUMN retires_at timestamptz,
            ADD CONSTRAINT api_keys_role_or_scopes CHECK (role IS NULL OR scopes = '{}'),
            ADD CONSTRAINT api_keys_replaced_is_retired CHECK ((replaced_by IS NULL) = (retires_at IS NULL)),
            ADD CONSTRAINT api_keys_successor_fkey FOREIGN KEY (tenant_id, replaced_by)
                REFERENCES api_keys (tenant_id, id)
    """)
    # The operator's, above all tenants. `who` is a tenant's id, or `*`.
    op.execute("""
        CREATE TABLE read_only (
            who text COLLATE "C" PRIMARY KEY,
            active boolean NOT NULL,
            reason text NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
