"""A tenant has settings of its own, and reads in the audit log what concerns it.

What was written down before about its keys, its name and its read-only switch is found by their ids.
"""

from alembic import op

from migrations.tenant_policies import TENANTS, protect

revision = "0007_settings_and_audit"
down_revision = "0006_keys_for_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("""
        ALTER TABLE tenants
            ADD COLUMN time_zone text,
            ADD COLUMN country text,
            ADD COLUMN currency text,
            ADD COLUMN locale text,
            ADD COLUMN contact_email text,
            ADD COLUMN settings_version integer NOT NULL DEFAULT 1
    """)
    # A gateway of the release before names no tenant: what it writes down meanwhile is the operator's to read.
    op.execute("""
        ALTER TABLE audit_log
            ADD COLUMN about_tenant_id uuid,
            ADD COLUMN before jsonb,
            ADD COLUMN after jsonb
    """)
    op.execute("SELECT set_config('app.tenant_ids', '*', true)")
    op.execute("""
        UPDATE audit_log SET about_tenant_id = tenants.id FROM tenants
        WHERE object IN ('tenant ' || tenants.id, 'read_only ' || tenants.id)
    """)
    op.execute("""
        UPDATE audit_log SET about_tenant_id = api_keys.tenant_id FROM api_keys
        WHERE object = 'api_key ' || api_keys.id
    """)
    op.execute("SELECT set_config('app.tenant_ids', '', true)")
    for name, columns in (
        ("audit_log_about_idx", "about_tenant_id, recorded_at, id"),
        ("audit_log_about_actor_idx", "about_tenant_id, actor, recorded_at, id"),
        ("audit_log_about_object_idx", "about_tenant_id, object, recorded_at, id"),
    ):
        op.execute(f"CREATE INDEX {name} ON audit_log ({columns}) WHERE about_tenant_id IS NOT NULL")
    protect("gateway", "audit_log", f"about_tenant_id = ANY ((SELECT {TENANTS})::uuid[])")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
