"""Locations, and where resources are."""

from alembic import op

from migrations.tenant_policies import protect

revision = "0016_locations"
down_revision = "0015_customers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        CREATE TABLE locations (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            name text NOT NULL,
            time_zone text NOT NULL,
            address jsonb NOT NULL,
            version integer NOT NULL DEFAULT 1,
            archived_at timestamptz,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, id)
        )
    """)
    op.execute("CREATE INDEX locations_created_at_idx ON locations (tenant_id, created_at, id)")
    op.execute("""
        ALTER TABLE resources
            ADD COLUMN location_id uuid,
            ADD CONSTRAINT resources_location_fkey FOREIGN KEY (tenant_id, location_id)
                REFERENCES locations (tenant_id, id)
    """)
    op.execute("""
        CREATE INDEX resources_location_idx ON resources (tenant_id, location_id, created_at, id)
        WHERE location_id IS NOT NULL
    """)
    protect("booking", "locations")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
