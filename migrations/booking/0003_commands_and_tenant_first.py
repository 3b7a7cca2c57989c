"""Commands take their table over from requests; each constraint begins with the tenant; `occupying` is said once."""

from alembic import op

revision = "0003_commands_and_tenant_first"
down_revision = "0002_events_by_cause"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE requests RENAME TO commands")
    op.execute("ALTER TABLE commands RENAME CONSTRAINT requests_pkey TO commands_pkey")
    op.execute("ALTER TABLE commands RENAME CONSTRAINT requests_idempotency_key TO commands_idempotency_key")
    op.execute("ALTER INDEX requests_created_at_idx RENAME TO commands_created_at_idx")
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    # As text: an outcome may hold what jsonb would refuse, and is answered again to the letter.
    op.execute(r"""
        UPDATE commands SET type = 'command.' || substr(type, length('request.') + 1),
            outcome = regexp_replace(outcome::text, '^\{"request_id":', '{"command_id":')::json
    """)
    # The states that occupy a slot, in the one place from which constraint and searches take them.
    op.execute("""
        ALTER TABLE bookings
            ADD COLUMN occupying boolean NOT NULL
            GENERATED ALWAYS AS (status IN ('pending_payment', 'confirmed')) STORED
    """)
    op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_no_overlap")
    op.execute("""
        ALTER TABLE bookings ADD CONSTRAINT bookings_no_overlap
            EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, occupied WITH &&) WHERE (occupying)
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
