"""Holds: slots that are kept before they are booked."""

from alembic import op

from migrations.tenant_policies import protect

revision = "0014_holds"
down_revision = "0013_approval"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        CREATE TABLE holds (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            status text NOT NULL CHECK (status IN ('held', 'booked', 'released', 'expired')),
            service_id uuid NOT NULL,
            service_name text NOT NULL,
            resources jsonb NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            time_zone text NOT NULL,
            expires_at timestamptz NOT NULL,
            extended boolean NOT NULL,
            booking_id uuid,
            created_at timestamptz NOT NULL,
            occupying boolean NOT NULL GENERATED ALWAYS AS (status = 'held') STORED,
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
            CHECK ((status = 'booked') = (booking_id IS NOT NULL))
        )
    """)
    op.execute("CREATE INDEX holds_live_idx ON holds (tenant_id) WHERE status = 'held'")
    op.execute("CREATE INDEX holds_end_idx ON holds (expires_at) WHERE status = 'held'")
    op.execute("CREATE INDEX holds_ended_idx ON holds (expires_at) WHERE status <> 'held'")
    # As with bookings: the places follow, on every path that writes. Those of a hold that is booked are the booking's.
    op.execute("""
        CREATE TRIGGER allocations_follow AFTER UPDATE ON holds
            FOR EACH ROW WHEN (OLD.occupying IS DISTINCT FROM NEW.occupying)
            EXECUTE FUNCTION allocations_follow_their_owner()
    """)
    protect("booking", "holds")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
