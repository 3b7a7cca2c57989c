"""A message needs no booking, has a language, and no CHECK enumerates its kinds or another service's words."""

from alembic import op

revision = "0002_messages_are_data"
down_revision = "0001_messages_and_heartbeats"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("ALTER TABLE bookings DROP CONSTRAINT bookings_status_check")
    op.execute("""
        ALTER TABLE messages
            DROP CONSTRAINT messages_kind_check,
            ALTER COLUMN booking_id DROP NOT NULL,
            ADD COLUMN subject_id uuid,
            ADD COLUMN locale text NOT NULL DEFAULT 'en'
    """)
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")  # row-level security binds the owner as well
    op.execute("UPDATE messages SET subject_id = booking_id")
    # The purpose for which a message is owed once: what it is about, in which version, and for whom.
    op.execute("""
        ALTER TABLE messages
            ALTER COLUMN subject_id SET NOT NULL,
            DROP CONSTRAINT messages_purpose_key,
            ADD CONSTRAINT messages_purpose_key
                UNIQUE (tenant_id, subject_id, version, kind, reminder_offset_minutes, recipient)
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
