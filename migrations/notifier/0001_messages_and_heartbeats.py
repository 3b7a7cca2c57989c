"""The bookings as last heard of, the messages about them, and the jobs runner's heartbeat."""

from alembic import op

from migrations.kernel_tables import create_outbox_and_inbox, protect

revision = "0001_messages_and_heartbeats"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_outbox_and_inbox()
    op.execute("""
        CREATE TABLE bookings (
            tenant_id uuid NOT NULL,
            booking_id uuid NOT NULL,
            version integer NOT NULL,
            sequence integer NOT NULL,
            status text NOT NULL CHECK (status IN
                ('pending_payment', 'confirmed', 'cancelled', 'expired', 'completed', 'no_show')),
            snapshot jsonb NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT bookings_pkey PRIMARY KEY (tenant_id, booking_id)
        ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05)
    """)
    op.execute("CREATE INDEX bookings_updated_at_idx ON bookings USING brin (updated_at)")
    # No foreign key to bookings: every message is written in the transaction that writes its booking,
    # and three key locks a booking would cost more than the rest of that transaction.
    op.execute("""
        CREATE TABLE messages (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            booking_id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN
                ('held', 'confirmed', 'rescheduled', 'cancelled', 'payment_received', 'refund', 'reminder')),
            version integer NOT NULL,
            reminder_offset_minutes integer NOT NULL DEFAULT 0 CHECK (reminder_offset_minutes >= 0),
            recipient text NOT NULL,
            status text NOT NULL CHECK (status IN ('planned', 'queued', 'sending', 'sent', 'skipped', 'failed')),
            send_at timestamptz NOT NULL,
            next_attempt_at timestamptz NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            interruptions integer NOT NULL DEFAULT 0,
            claimed_at timestamptz,
            sent_at timestamptz,
            subject_data jsonb,
            message_id_header text NOT NULL,
            last_error text,
            correlation_id uuid,
            causation_id uuid,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT messages_pkey PRIMARY KEY (tenant_id, id),
            CONSTRAINT messages_purpose_key
                UNIQUE (tenant_id, booking_id, version, kind, reminder_offset_minutes, recipient)
        ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)
    """)
    op.execute("""
        CREATE INDEX messages_due_idx ON messages (next_attempt_at)
        WHERE status IN ('queued', 'planned', 'sending') AND kind <> 'reminder'
    """)
    op.execute("""
        CREATE INDEX messages_due_reminders_idx ON messages (next_attempt_at)
        WHERE status IN ('queued', 'planned', 'sending') AND kind = 'reminder'
    """)
    op.execute("CREATE INDEX messages_created_at_idx ON messages USING brin (created_at)")
    op.execute("""
        CREATE TABLE job_heartbeats (
            name text PRIMARY KEY,
            instance text NOT NULL,
            beat_at timestamptz NOT NULL,
            last_success_at timestamptz,
            details jsonb NOT NULL DEFAULT '{}'
        )
    """)
    for table in ("bookings", "messages"):
        protect(table)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
