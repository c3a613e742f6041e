"""Devices, assignments, and the search terms of devices."""

from sqlalchemy import (
    Column,
    Computed,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from provserver.store.schema.columns import account, metadata, moment
from provserver.store.types import Bytewise, Words

# Everything that lists filter by except the location, as one generated column.
KIND = "type || '|' || status || '|' || coalesce(vendor, '') || '|' || coalesce(model, '')"

devices = Table(
    "devices",
    metadata,
    Column("id", String, primary_key=True),
    Column("ordinal", String, nullable=False),  # sortable part of the id: the prefixes of the three types differ
    account(),
    Column("type", String, nullable=False),
    Column("mac", String, unique=True),
    Column("ipei", String),
    Column("base_id", ForeignKey("devices.id", ondelete="CASCADE")),
    Column("slot_number", Integer),
    Column("multicell_role", String),
    Column("data_master_id", ForeignKey("devices.id", ondelete="SET NULL"), index=True),
    Column("chain_id", String),
    Column("name", String),
    Column("vendor", String),
    Column("vendor_source", String, server_default="named", nullable=False),
    Column("type_source", String, server_default="named", nullable=False),
    Column("model", String),
    Column("firmware_version", String),
    Column("status", String, nullable=False),
    Column("location", String),
    Column("button_template_id", String, index=True),
    Column("revision", Integer, nullable=False),
    Column("token_hash", String, unique=True),
    Column("token_sealed", Text),
    Column("previous_token_hash", String),
    Column("previous_token_sealed", Text),
    Column("accepted_proofs", Words),
    moment("window_until", nullable=True),
    Column("window_address", String),
    Column("fetched_stamp", String),
    Column("fetched_etag", String),
    Column("fetched_base_url", String),
    Column("current_ip_address", String),
    moment("last_provisioned_at", nullable=True),
    moment("last_seen_at", nullable=True),
    moment("notified_at", nullable=True),
    Column("notified_event", String),
    moment("created_at"),
    moment("updated_at"),
    Column("kind", Bytewise, Computed(KIND)),
    UniqueConstraint("account_id", "ordinal"),
    UniqueConstraint("account_id", "ipei"),
    UniqueConstraint("base_id", "slot_number"),
    Index(None, "previous_token_hash", unique=True),
    # Indexes for lists, see `store.kinds`.
    Index(None, "account_id", "kind", "ordinal"),
    Index(None, "account_id", "location", "kind", "ordinal"),
    Index(None, "account_id", "base_id", "ordinal"),
)

search_terms = Table(
    "search_terms",
    metadata,
    Column("account_id", String, nullable=False),
    Column("term", Bytewise, nullable=False),
    Column("ordinal", String, nullable=False),
    Column("device_id", ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("account_id", "term", "ordinal", "device_id"),
    Index(None, "device_id", "term"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False),
    Column("device_id", ForeignKey("devices.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("line_number", Integer, nullable=False),
    Column("account_number", Integer),
    moment("created_at"),
    UniqueConstraint("device_id", "user_id"),
    UniqueConstraint("device_id", "line_number"),
)

burnt_tokens = Table(
    "burnt_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("mac", String, nullable=False),  # no foreign key: a burnt token outlives its device
)
