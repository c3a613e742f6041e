"""Check-sync jobs."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table

from provserver.store.schema.columns import account, metadata, moment
from provserver.store.types import Json

check_sync_jobs = Table(
    "check_sync_jobs",
    metadata,
    Column("id", String, primary_key=True),
    account(),
    Column("running_account", String, unique=True),  # the account while the job runs: unique, so there is only one
    Column("state", String, nullable=False),
    Column("filter", Json, nullable=False),
    Column("reboot", Boolean, nullable=False),
    Column("only_if_stale", Boolean, nullable=False),
    Column("rate_per_second", Float, nullable=False),
    Column("total", Integer, nullable=False),
    Column("key_id", String, nullable=False),
    Column("runner", String),
    moment("lease_until", nullable=True),
    moment("created_at"),
    moment("finished_at", nullable=True),
    Index(None, "account_id", "id"),
)

check_sync_job_devices = Table(
    "check_sync_job_devices",
    metadata,
    Column("job_id", ForeignKey("check_sync_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("device_id", String, nullable=False),  # no foreign key: deleted devices still count
    Column("state", String, nullable=False),
    PrimaryKeyConstraint("job_id", "position"),
    Index(None, "job_id", "state", "position"),
)

# Derived counts: see `store.job_counts`.
check_sync_job_counts = Table(
    "check_sync_job_counts",
    metadata,
    Column("job_id", ForeignKey("check_sync_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("state", String, nullable=False),
    Column("devices", Integer, nullable=False),
    PrimaryKeyConstraint("job_id", "state"),
)
