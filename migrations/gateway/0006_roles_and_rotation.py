"""A key may have a role instead of scopes, and a successor that takes its place while it lives on for a while."""

from alembic import op

revision = "0006_roles_and_rotation"
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


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
