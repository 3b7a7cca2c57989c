"""Work across tenants has a login of its own: the application's sees the tenants it names and no others."""

from alembic import op

from migrations.tenant_policies import OF_SUBJECT, protect

revision = "0004_system_login"
down_revision = "0003_commands_and_tenant_first"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for table in ("services", "resources", "resource_services", "bookings", "commands"):
        protect("booking", table)
    protect("booking", "outbox", OF_SUBJECT)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
