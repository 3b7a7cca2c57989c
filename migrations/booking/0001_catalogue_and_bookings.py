"""Services, resources, bookings under their exclusion constraint, and the requests that made them."""

from alembic import op

from migrations.kernel_tables import create_outbox_and_inbox, protect

revision = "0001_catalogue_and_bookings"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_outbox_and_inbox()
    op.execute("""
        CREATE TABLE services (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            name text NOT NULL,
            duration_minutes integer NOT NULL CHECK (duration_minutes > 0),
            price_amount integer NOT NULL CHECK (price_amount >= 0),
            price_currency char(3) NOT NULL,
            buffer_before_minutes integer NOT NULL CHECK (buffer_before_minutes >= 0),
            buffer_after_minutes integer NOT NULL CHECK (buffer_after_minutes >= 0),
            deposit_percent integer NOT NULL CHECK (deposit_percent BETWEEN 0 AND 100),
            minimum_notice_minutes integer NOT NULL CHECK (minimum_notice_minutes >= 0),
            horizon_days integer NOT NULL CHECK (horizon_days > 0),
            slot_step_minutes integer NOT NULL CHECK (slot_step_minutes > 0),
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id)
        )
    """)
    op.execute("""
        CREATE TABLE resources (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            name text NOT NULL,
            time_zone text NOT NULL,
            weekly_hours jsonb NOT NULL,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id)
        )
    """)
    op.execute("""
        CREATE TABLE resource_services (
            tenant_id uuid NOT NULL,
            service_id uuid NOT NULL,
            resource_id uuid NOT NULL,
            PRIMARY KEY (tenant_id, service_id, resource_id),
            FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
            FOREIGN KEY (tenant_id, resource_id) REFERENCES resources (tenant_id, id)
        )
    """)
    # Rows of finished states leave the slot; the range is padded by the service's buffers and half-open.
    op.execute("""
        CREATE TABLE bookings (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            status text NOT NULL CHECK (status IN
                ('pending_payment', 'confirmed', 'cancelled', 'expired', 'completed', 'no_show')),
            version integer NOT NULL DEFAULT 1,
            sequence integer NOT NULL DEFAULT 1,
            service_id uuid NOT NULL,
            service_name text NOT NULL,
            resource_id uuid NOT NULL,
            resource_name text NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            occupied tstzrange NOT NULL,
            time_zone text NOT NULL,
            customer_name text NOT NULL,
            customer_email text NOT NULL,
            customer_phone text,
            notes text,
            metadata jsonb NOT NULL DEFAULT '{}',
            price_amount integer NOT NULL,
            price_currency char(3) NOT NULL,
            deposit_amount integer NOT NULL DEFAULT 0,
            deposit_status text CHECK (deposit_status IN ('pending', 'paid', 'refunded')),
            hold_expires_at timestamptz,
            payment_id uuid,
            business_name text NOT NULL,
            cancellation_reason text,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, service_id) REFERENCES services (tenant_id, id),
            FOREIGN KEY (tenant_id, resource_id) REFERENCES resources (tenant_id, id),
            CONSTRAINT bookings_occupied_check CHECK (
                NOT isempty(occupied) AND NOT lower_inf(occupied) AND NOT upper_inf(occupied)
                AND lower_inc(occupied) AND NOT upper_inc(occupied)),
            CONSTRAINT bookings_no_overlap EXCLUDE USING gist (resource_id WITH =, occupied WITH &&)
                WHERE (status IN ('pending_payment', 'confirmed'))
        )
    """)
    op.execute("CREATE INDEX bookings_list_idx ON bookings (tenant_id, created_at, id)")
    op.execute("CREATE INDEX bookings_resource_start_idx ON bookings (tenant_id, resource_id, starts_at)")
    op.execute("CREATE INDEX bookings_hold_idx ON bookings (hold_expires_at) WHERE status = 'pending_payment'")
    op.execute("CREATE INDEX bookings_end_idx ON bookings (ends_at) WHERE status = 'confirmed'")
    # Inbox, idempotency record and stored outcome of a request in one row (ADR 0011).
    op.execute("""
        CREATE TABLE requests (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            type text NOT NULL,
            subject_id uuid NOT NULL,
            idempotency_key text,
            fingerprint text,
            outcome json,
            created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CONSTRAINT requests_pkey PRIMARY KEY (tenant_id, id),
            CONSTRAINT requests_idempotency_key UNIQUE (tenant_id, type, idempotency_key)
        ) WITH (autovacuum_vacuum_scale_factor = 0.05)
    """)
    op.execute("CREATE INDEX requests_created_at_idx ON requests USING brin (created_at)")
    for table in ("services", "resources", "resource_services", "bookings", "requests"):
        protect(table)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
