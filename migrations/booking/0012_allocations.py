"""Allocations: who has which place of a resource, under the one exclusion constraint (ADR 0037).

Replicas of the last release write a column of bookings that is gone: what they are sent waits until they are replaced.
"""

from alembic import op

from migrations.tenant_policies import protect

revision = "0012_allocations"
down_revision = "0011_begun_and_missed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    op.execute("ALTER TABLE services ADD COLUMN requires jsonb")
    op.execute("""
        ALTER TABLE resources
            ADD COLUMN kind text,
            ADD COLUMN capacity smallint NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 100)
    """)
    op.execute("CREATE INDEX resources_kind_idx ON resources (tenant_id, kind) WHERE kind IS NOT NULL")
    # Two bounds instead of a range: under row-level security no condition on a range reaches an index.
    op.execute("""
        CREATE TABLE allocations (
            tenant_id uuid NOT NULL,
            owner_id uuid NOT NULL,
            resource_id uuid NOT NULL,
            unit smallint NOT NULL CHECK (unit BETWEEN 0 AND 99),
            busy_from timestamptz NOT NULL,
            busy_until timestamptz NOT NULL,
            occupying boolean NOT NULL DEFAULT true,
            returned_at timestamptz,
            PRIMARY KEY (tenant_id, owner_id, resource_id),
            FOREIGN KEY (tenant_id, resource_id) REFERENCES resources (tenant_id, id),
            CHECK (busy_until > busy_from AND isfinite(busy_from) AND isfinite(busy_until))
        )
    """)
    # What was booked twice before the constraint knew of it, and is over, has an empty range: it takes no place.
    op.execute("""
        INSERT INTO allocations (tenant_id, owner_id, resource_id, unit, busy_from, busy_until, occupying)
        SELECT tenant_id, id, resource_id, 0, lower(occupied), upper(occupied), occupying
        FROM bookings WHERE NOT isempty(occupied)
    """)
    op.execute("""
        ALTER TABLE allocations ADD CONSTRAINT allocations_no_overlap EXCLUDE USING gist
            (tenant_id WITH =, resource_id WITH =, unit WITH =, tstzrange(busy_from, busy_until) WITH &&)
            WHERE (occupying)
    """)
    op.execute("CREATE INDEX allocations_returned_idx ON allocations (returned_at) WHERE returned_at IS NOT NULL")
    op.execute("CREATE INDEX allocations_busy_idx ON allocations (tenant_id, resource_id, busy_from) WHERE occupying")
    # Which resources there are is asked where places are taken; to ask it twice would cost each booking some more.
    op.execute("""
        ALTER TABLE bookings
            DROP CONSTRAINT bookings_no_overlap,
            DROP COLUMN occupied,
            DROP CONSTRAINT bookings_tenant_id_resource_id_fkey
    """)
    op.execute("ALTER TABLE bookings ADD COLUMN resources jsonb")
    # Which states occupy is said once, in the generated column; the places follow it on every path that writes.
    op.execute("""
        CREATE FUNCTION allocations_follow_their_owner() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE allocations SET occupying = NEW.occupying
            WHERE tenant_id = NEW.tenant_id AND owner_id = NEW.id AND occupying <> NEW.occupying;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER allocations_follow AFTER UPDATE ON bookings
            FOR EACH ROW WHEN (OLD.occupying IS DISTINCT FROM NEW.occupying)
            EXECUTE FUNCTION allocations_follow_their_owner()
    """)
    protect("booking", "allocations")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
