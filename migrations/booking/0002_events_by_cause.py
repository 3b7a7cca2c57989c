"""Find the event that a request has caused: it tells the outcome when the same request comes again."""

from alembic import op

revision = "0002_events_by_cause"
down_revision = "0001_catalogue_and_bookings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("CREATE INDEX outbox_causation_id_idx ON outbox (causation_id)")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
