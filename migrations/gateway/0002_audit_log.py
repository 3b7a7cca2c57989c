"""What the operator has done, kept for good: the application may add rows, not change them (migrations/roles.py)."""

from alembic import op

revision = "0002_audit_log"
down_revision = "0001_tenants_and_api_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE audit_log (
            id uuid PRIMARY KEY,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            actor text NOT NULL,
            action text NOT NULL,
            object text COLLATE "C" NOT NULL,
            details text NOT NULL,
            reason text NOT NULL,
            request_id uuid NOT NULL
        )
    """)
    # What is decided once for each thing. Its prefix finds what became of a dead letter that is gone.
    op.execute("""
        CREATE UNIQUE INDEX audit_log_decision_key ON audit_log (object, action)
        WHERE action IN ('dead_letter.replayed', 'dead_letter.discarded')
    """)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
