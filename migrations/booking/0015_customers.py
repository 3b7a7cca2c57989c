"""Customers: a registry a tenant, and whose each booking is."""

from alembic import op

from migrations.tenant_policies import protect

revision = "0015_customers"
down_revision = "0014_holds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        CREATE TABLE customers (
            tenant_id uuid NOT NULL,
            id uuid NOT NULL,
            name text NOT NULL,
            name_key text NOT NULL COLLATE "C",
            email text,
            email_key text COLLATE "C",
            phone text COLLATE "C",
            notes text,
            consents jsonb NOT NULL DEFAULT '[]',
            metadata jsonb NOT NULL DEFAULT '{}',
            version integer NOT NULL,
            archived_at timestamptz,
            erased_at timestamptz,
            copies_erased_to uuid,
            copies_erased boolean NOT NULL DEFAULT true,
            created_at timestamptz NOT NULL,
            PRIMARY KEY (tenant_id, id),
            CHECK ((email IS NULL) = (email_key IS NULL))
        )
    """)
    op.execute("CREATE UNIQUE INDEX customers_email_key ON customers (tenant_id, email_key)")
    op.execute("""
        CREATE UNIQUE INDEX customers_phone_alone_key ON customers (tenant_id, phone) WHERE email_key IS NULL
    """)
    op.execute("""
        CREATE INDEX customers_phone_idx ON customers (tenant_id, phone, name_key, created_at) WHERE phone IS NOT NULL
    """)
    op.execute("CREATE INDEX customers_created_at_idx ON customers (tenant_id, created_at, id)")
    op.execute("CREATE INDEX customers_copies_idx ON customers (erased_at) WHERE NOT copies_erased")
    # Under row-level security an index is reached by leakproof operators alone: = and < on text are, LIKE is not.
    # A customer's words are numbered, so that a change writes over them: services never delete.
    op.execute("""
        CREATE TABLE customer_words (
            tenant_id uuid NOT NULL,
            customer_id uuid NOT NULL,
            position smallint NOT NULL,
            word text COLLATE "C",
            PRIMARY KEY (tenant_id, customer_id, position),
            FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
        )
    """)
    op.execute("CREATE INDEX customer_words_word_idx ON customer_words (tenant_id, word, customer_id)")
    # Deferred: the customers of a batch of bookings are written down once it is known which bookings there are.
    op.execute("""
        ALTER TABLE bookings
            ADD COLUMN customer_id uuid,
            ADD CONSTRAINT bookings_customer_fkey FOREIGN KEY (tenant_id, customer_id)
                REFERENCES customers (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
    """)
    op.execute("""
        CREATE INDEX bookings_customer_idx ON bookings (tenant_id, customer_id, created_at, id)
            WHERE customer_id IS NOT NULL
    """)
    protect("booking", "customers")
    protect("booking", "customer_words")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
