"""The scopes `catalogue:*` are called `catalog:*`, as the word is everywhere else.

Keys that may do everything are stored as `all` from here on. Those made before keep the scopes they have:
whether they were named one by one or not at all is not written down, and no key may gain rights by an update.
"""

from alembic import op

revision = "0003_catalog_scopes"
down_revision = "0002_audit_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        UPDATE api_keys
        SET scopes = array_replace(array_replace(scopes, 'catalogue:read', 'catalog:read'),
                                   'catalogue:write', 'catalog:write')
        WHERE scopes && ARRAY['catalogue:read', 'catalogue:write']
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
