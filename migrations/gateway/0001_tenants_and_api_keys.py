"""Tenants and their API keys."""

from alembic import op

revision = "0001_tenants_and_api_keys"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No row-level security here: looking up a key is what finds out the tenant.
    op.execute("""
        CREATE TABLE tenants (
            id uuid PRIMARY KEY,
            name text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    op.execute("""
        CREATE TABLE api_keys (
            id text PRIMARY KEY,
            tenant_id uuid NOT NULL REFERENCES tenants (id),
            name text NOT NULL,
            secret_sha256 bytea NOT NULL,
            scopes text[] NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            expires_at timestamptz,
            revoked_at timestamptz,
            last_used_at timestamptz
        )
    """)
    op.execute("CREATE INDEX api_keys_tenant_id_idx ON api_keys (tenant_id, created_at)")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
