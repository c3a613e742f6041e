"""Lists of any size: the audit log by action, files by kind, and the counts of a check-sync job kept beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = (("audit", ["action", "id"]), ("files", ["account_id", "kind", "id"]))


def upgrade() -> None:
    """Go to this version."""
    counts = op.create_table(
        "check_sync_job_counts",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["check_sync_jobs.id"], name=op.f("fk_check_sync_job_counts_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "state", name=op.f("pk_check_sync_job_counts")),
    )
    devices = sa.table("check_sync_job_devices", sa.column("job_id"), sa.column("state"))
    by_state = sa.select(devices.c.job_id, devices.c.state, sa.func.count()).group_by(*devices.c)
    op.execute(sa.insert(counts).from_select(["job_id", "state", "devices"], by_state))
    for table, columns in _INDEXES:
        op.create_index(op.f("_".join(("ix", table, *columns))), table, columns, unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    for table, columns in _INDEXES:
        op.drop_index(op.f("_".join(("ix", table, *columns))), table_name=table)
    op.drop_table("check_sync_job_counts")
