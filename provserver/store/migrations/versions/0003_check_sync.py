"""When phones were told to fetch anew, and jobs that tell many of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("devices", sa.Column("notified_at", sa.BigInteger(), nullable=True))
    op.add_column("devices", sa.Column("notified_event", sa.String(), nullable=True))
    op.create_table(
        "check_sync_jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("running_account", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("filter", sa.JSON(), nullable=False),
        sa.Column("reboot", sa.Boolean(), nullable=False),
        sa.Column("only_if_stale", sa.Boolean(), nullable=False),
        sa.Column("rate_per_second", sa.Float(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("runner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_check_sync_jobs_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_sync_jobs")),
        sa.UniqueConstraint("running_account", name=op.f("uq_check_sync_jobs_running_account")),
    )
    op.create_index(op.f("ix_check_sync_jobs_account_id_id"), "check_sync_jobs", ["account_id", "id"], unique=False)
    op.create_table(
        "check_sync_job_devices",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["check_sync_jobs.id"], name=op.f("fk_check_sync_job_devices_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_check_sync_job_devices")),
    )
    op.create_index(
        op.f("ix_check_sync_job_devices_job_id_state_position"),
        "check_sync_job_devices",
        ["job_id", "state", "position"],
        unique=False,
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("check_sync_job_devices")
    op.drop_table("check_sync_jobs")
    op.drop_column("devices", "notified_event")
    op.drop_column("devices", "notified_at")
