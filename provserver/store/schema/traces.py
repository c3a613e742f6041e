"""Records that outlive the objects they refer to."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from provserver.store.schema.columns import metadata, moment
from provserver.store.types import Json

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False),  # no foreign keys: events outlive devices and accounts
    Column("device_id", String, nullable=False),
    Column("type", String, nullable=False),
    moment("created_at"),
    Column("source_ip", String),
    Column("user_agent", String),
    Column("file", String),
    Column("status", Integer),
    Column("bytes", Integer),
    Column("proof", String),
    Column("request_id", String),
    Column("details", Json, nullable=False),
    Index(None, "account_id", "id"),
    Index(None, "device_id", "id"),
    Index(None, "created_at"),
)

late_events = Table(
    "late_events",
    metadata,
    Column("id", String, primary_key=True),  # of a batch; contains the time when it was stored
    Column("event_ids", Json, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String),
    Column("key_id", String, nullable=False),
    moment("created_at"),
    Column("action", String, nullable=False),
    Column("resource_id", String, nullable=False),
    Column("before", Json),
    Column("after", Json),
    Column("request_id", String),
    Column("source_ip", String),
    Index(None, "account_id", "id"),
    Index(None, "resource_id", "id"),
    Index(None, "key_id", "id"),
    Index(None, "action", "id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String, nullable=False),
    Column("key", String, nullable=False),
    Column("request_hash", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer_sealed", Text, nullable=False),
    moment("created_at"),
    PrimaryKeyConstraint("scope", "key"),
    Index(None, "created_at"),
)

unknown_devices = Table(
    "unknown_devices",
    metadata,
    Column("mac", String, primary_key=True),
    Column("vendor", String),
    Column("model", String),
    Column("source_ip", String, nullable=False),
    moment("first_seen_at"),
    moment("last_seen_at"),
    Column("count", Integer, nullable=False),
    Index(None, "last_seen_at", "mac"),
)

blocked_sources = Table(
    "blocked_sources",
    metadata,
    Column("source", String, primary_key=True),
    moment("since"),
    moment("until"),
    Column("last_address", String, nullable=False),
    Column("refused", Integer, nullable=False),
    Index(None, "since", "source"),
)
