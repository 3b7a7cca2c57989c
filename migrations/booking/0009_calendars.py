"""Calendars: hours of single dates, and time off over resources."""

from alembic import op

from migrations.tenant_policies import protect

revision = "0009_calendars"
down_revision = "0008_partial_refunds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE resources ADD COLUMN overrides jsonb NOT NULL DEFAULT '{}'")
    # Either two instants or two local dates, which each resource's zone makes instants of: no range of the database's
    # could say that. begins_at and reaches_at bound it in every zone.
    op.execute("""
        CREATE TABLE time_off (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            resource_ids uuid[],
            starts_at timestamptz,
            ends_at timestamptz,
            first_date date,
            last_date date,
            begins_at timestamptz NOT NULL,
            reaches_at timestamptz NOT NULL,
            reason text,
            created_at timestamptz NOT NULL,
            removed_at timestamptz,
            settles_after bigint,
            settled boolean NOT NULL DEFAULT false,
            PRIMARY KEY (tenant_id, id),
            CHECK (num_nulls(starts_at, ends_at) IN (0, 2) AND num_nulls(first_date, last_date) IN (0, 2)
                   AND (starts_at IS NULL) <> (first_date IS NULL)),
            CHECK (ends_at > starts_at AND last_date IS NULL OR last_date >= first_date),
            CHECK (reaches_at > begins_at)
        )
    """)
    op.execute("CREATE INDEX time_off_live_idx ON time_off (tenant_id, reaches_at) WHERE removed_at IS NULL")
    op.execute("CREATE INDEX time_off_created_at_idx ON time_off (tenant_id, created_at, id)")
    op.execute("CREATE INDEX time_off_unsettled_idx ON time_off (created_at) WHERE NOT settled")
    op.execute("""
        CREATE TABLE time_off_conflicts (
            tenant_id uuid NOT NULL,
            time_off_id uuid NOT NULL,
            booking_id uuid NOT NULL,
            PRIMARY KEY (tenant_id, time_off_id, booking_id),
            FOREIGN KEY (tenant_id, time_off_id) REFERENCES time_off (tenant_id, id),
            FOREIGN KEY (tenant_id, booking_id) REFERENCES bookings (tenant_id, id)
        )
    """)
    protect("booking", "time_off")
    protect("booking", "time_off_conflicts")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
