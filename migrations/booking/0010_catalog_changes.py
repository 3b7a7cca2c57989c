"""Services and resources can be changed and archived; prices are versioned."""

from alembic import op

from migrations.tenant_policies import protect

revision = "0010_catalog_changes"
down_revision = "0009_calendars"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    op.execute("""
        ALTER TABLE services
            ADD COLUMN version integer NOT NULL DEFAULT 1,
            ADD COLUMN price_version integer NOT NULL DEFAULT 1,
            ADD COLUMN archived_at timestamptz
    """)
    op.execute(
        "ALTER TABLE resources ADD COLUMN version integer NOT NULL DEFAULT 1, ADD COLUMN archived_at timestamptz"
    )
    # Services never delete: what a resource offers no more is kept as such.
    op.execute("ALTER TABLE resource_services ADD COLUMN offered boolean NOT NULL DEFAULT true")
    op.execute("ALTER TABLE bookings ADD COLUMN price_version integer")
    op.execute("""
        CREATE TABLE service_prices (
            tenant_id uuid NOT NULL,
            service_id uuid NOT NULL,
            version integer NOT NULL,
            amount integer NOT NULL CHECK (amount >= 0),
            currency char(3) NOT NULL,
            valid_from timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, service_id, version),
            FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id)
        )
    """)
    op.execute("""
        INSERT INTO service_prices (tenant_id, service_id, version, amount, currency, valid_from)
        SELECT tenant_id, id, 1, price_amount, price_currency, created_at FROM services
    """)
    protect("booking", "service_prices")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
