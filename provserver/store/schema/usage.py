"""Usage tables. No foreign keys: usage outlives accounts, devices and users."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table

from provserver.store.schema.columns import metadata, moment

provisioned_spans = Table(
    "provisioned_spans",
    metadata,
    Column("device_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    moment("started_at"),
    moment("ended_at", nullable=True),
    Column("account_id", String, nullable=False),
    PrimaryKeyConstraint("device_id", "user_id", "started_at"),
    Index(None, "user_id", "ended_at", "started_at"),
)

# Derived counts, updated in the same transaction (`store.usage_counts`), so that a report need not read all users.
usage_totals = Table(
    "usage_totals",
    metadata,
    Column("account_id", String, primary_key=True),
    moment("at"),  # time of the last step
    Column("began", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
)

usage_steps = Table(
    "usage_steps",
    metadata,
    Column("account_id", String, nullable=False),
    moment("at"),
    Column("began", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "at"),
)

usage_absences = Table(
    "usage_absences",
    metadata,
    Column("account_id", String, nullable=False),
    moment("left_at"),
    moment("back_at"),
    Column("user_id", String, nullable=False),
    PrimaryKeyConstraint("account_id", "left_at", "back_at", "user_id"),
)
