"""Work across tenants has a login of its own: the application's sees the tenants it names and no others."""

from alembic import op

from migrations.tenant_policies import OF_ID, protect

revision = "0005_system_login"
down_revision = "0004_tenant_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    protect("gateway", "api_keys")
    protect("gateway", "tenants", OF_ID)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
