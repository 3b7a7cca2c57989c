"""A key's primary key begins with its tenant, so that keys can be spread by tenant with everything else of theirs."""

from alembic import op

revision = "0004_tenant_first"
down_revision = "0003_catalog_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    # A request names a key, not a tenant: that is found out by looking the key up. Ids are random, 95 bits of them.
    op.execute("CREATE INDEX api_keys_id_idx ON api_keys (id)")
    op.execute("ALTER TABLE api_keys DROP CONSTRAINT api_keys_pkey, ADD PRIMARY KEY (tenant_id, id)")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
