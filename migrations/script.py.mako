"""${message}"""

from alembic import op

revision = "${up_revision}"
down_revision = ${f'"{down_revision}"' if down_revision else None}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
