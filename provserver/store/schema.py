"""All tables. A change here needs a migration; a test holds the two together.

Unique constraints over nullable columns rely on what every database here does: two NULLs are never equal.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from provserver.store.types import Bytewise, Instant, Json, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _account(*, nullable: bool = False) -> Column[Any]:
    return Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=nullable)


accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("region", String),
    Column("timezone", String),
    Column("status", String, nullable=False),
    Column("accepted_proofs", Words),
    Column("default_button_template_id", String),  # no foreign key: accounts would refer to what refers to them
    Column("revision", Integer, nullable=False),
    _moment("created_at"),
    _moment("updated_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    _account(nullable=True),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("hint", String, nullable=False),
    Column("read_only", Boolean, nullable=False),
    Column("provisioning_only", Boolean, nullable=False, server_default=false()),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
    _moment("revoked_at", nullable=True),
    Index(None, "account_id", "id"),
)

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    _account(),
    Column("name", String, nullable=False),
    Column("email", String),
    Column("extension", String),
    Column("sip_username", String, nullable=False),
    Column("sip_auth_username", String),
    Column("sip_password_sealed", Text, nullable=False),
    Column("sip_domain", String, nullable=False),  # '' for none: a NULL would let two equal user names in
    Column("sip_display_name", String),
    _moment("created_at"),
    _moment("updated_at"),
    UniqueConstraint("account_id", "sip_username", "sip_domain"),
    UniqueConstraint("account_id", "extension"),
    Index(None, "account_id", "id"),
)

button_templates = Table(
    "button_templates",
    metadata,
    Column("id", String, primary_key=True),
    _account(),
    Column("name", String, nullable=False),
    Column("description", String),
    _moment("created_at"),
    _moment("updated_at"),
    Index(None, "account_id", "id"),
)

buttons = Table(
    "buttons",
    metadata,
    Column("id", String, primary_key=True),
    _account(),
    Column("owner_id", String, nullable=False),  # a template, or a device that has something else there
    Column("position", Integer, nullable=False),
    Column("suppressed", Boolean, nullable=False),
    Column("type", String),
    Column("target", Json),
    Column("user_id", String, index=True),  # no foreign key: a button whose user is deleted stays, and is reported
    Column("label", String),
    _moment("created_at"),
    UniqueConstraint("owner_id", "position"),
)

devices = Table(
    "devices",
    metadata,
    Column("id", String, primary_key=True),
    Column("ordinal", String, nullable=False),  # ids of the three types differ in their prefix; this part sorts
    _account(),
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
    _moment("window_until", nullable=True),
    Column("window_address", String),
    Column("fetched_stamp", String),
    Column("fetched_etag", String),
    Column("fetched_base_url", String),
    Column("current_ip_address", String),
    _moment("last_provisioned_at", nullable=True),
    _moment("last_seen_at", nullable=True),
    _moment("notified_at", nullable=True),
    Column("notified_event", String),
    _moment("created_at"),
    _moment("updated_at"),
    UniqueConstraint("account_id", "ordinal"),
    UniqueConstraint("account_id", "ipei"),
    UniqueConstraint("base_id", "slot_number"),
    Index(None, "previous_token_hash", unique=True),
    # One per list filter, each ending in what the list is sorted by.
    Index(None, "account_id", "type", "ordinal"),
    Index(None, "account_id", "status", "ordinal"),
    Index(None, "account_id", "vendor", "ordinal"),
    Index(None, "account_id", "model", "ordinal"),
    Index(None, "account_id", "location", "ordinal"),
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

user_terms = Table(
    "user_terms",
    metadata,
    Column("account_id", String, nullable=False),
    Column("term", Bytewise, nullable=False),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("account_id", "term", "user_id"),
    Index(None, "user_id", "term"),
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
    _moment("created_at"),
    UniqueConstraint("device_id", "user_id"),
    UniqueConstraint("device_id", "line_number"),
)

settings_layers = Table(
    "settings_layers",
    metadata,
    Column("owner_id", String, primary_key=True),  # 'platform', an account or a device
    Column("sealed", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    _moment("updated_at"),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String, nullable=False),  # no foreign keys: what happened outlives what it happened to
    Column("device_id", String, nullable=False),
    Column("type", String, nullable=False),
    _moment("created_at"),
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

check_sync_jobs = Table(
    "check_sync_jobs",
    metadata,
    Column("id", String, primary_key=True),
    _account(),
    Column("running_account", String, unique=True),  # the account while it runs, so that it has one such job at most
    Column("state", String, nullable=False),
    Column("filter", Json, nullable=False),
    Column("reboot", Boolean, nullable=False),
    Column("only_if_stale", Boolean, nullable=False),
    Column("rate_per_second", Float, nullable=False),
    Column("total", Integer, nullable=False),
    Column("key_id", String, nullable=False),
    Column("runner", String),
    _moment("lease_until", nullable=True),
    _moment("created_at"),
    _moment("finished_at", nullable=True),
    Index(None, "account_id", "id"),
)

check_sync_job_devices = Table(
    "check_sync_job_devices",
    metadata,
    Column("job_id", ForeignKey("check_sync_jobs.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("device_id", String, nullable=False),  # no foreign key: a device that is deleted meanwhile still counts
    Column("state", String, nullable=False),
    PrimaryKeyConstraint("job_id", "position"),
    Index(None, "job_id", "state", "position"),
)

burnt_tokens = Table(
    "burnt_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("mac", String, nullable=False),  # no foreign key: a token outlives the device that it is burnt with
)

blocked_sources = Table(
    "blocked_sources",
    metadata,
    Column("source", String, primary_key=True),
    _moment("since"),
    _moment("until"),
    Column("last_address", String, nullable=False),
    Column("refused", Integer, nullable=False),
    Index(None, "since", "source"),
)

unknown_devices = Table(
    "unknown_devices",
    metadata,
    Column("mac", String, primary_key=True),
    Column("vendor", String),
    Column("model", String),
    Column("source_ip", String, nullable=False),
    _moment("first_seen_at"),
    _moment("last_seen_at"),
    Column("count", Integer, nullable=False),
    Index(None, "last_seen_at", "mac"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String, nullable=False),
    Column("key", String, nullable=False),
    Column("request_hash", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer_sealed", Text, nullable=False),
    _moment("created_at"),
    PrimaryKeyConstraint("scope", "key"),
    Index(None, "created_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    Column("account_id", String),
    Column("key_id", String, nullable=False),
    _moment("created_at"),
    Column("action", String, nullable=False),
    Column("resource_id", String, nullable=False),
    Column("before", Json),
    Column("after", Json),
    Column("request_id", String),
    Column("source_ip", String),
    Index(None, "account_id", "id"),
    Index(None, "resource_id", "id"),
    Index(None, "key_id", "id"),
)

files = Table(
    "files",
    metadata,
    Column("id", String, primary_key=True),
    _account(nullable=True),
    Column("kind", String, nullable=False),
    Column("label", String),
    Column("file_name", String, nullable=False, unique=True),
    Column("content_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    _moment("created_at"),
    Index(None, "account_id", "id"),
)

provisioned_spans = Table(
    "provisioned_spans",
    metadata,
    Column("device_id", String, nullable=False),  # no foreign keys: usage outlives devices and users
    Column("user_id", String, nullable=False),
    _moment("started_at"),
    _moment("ended_at", nullable=True),
    Column("account_id", String, nullable=False),
    PrimaryKeyConstraint("device_id", "user_id", "started_at"),
    Index(None, "account_id", "user_id", "started_at", "ended_at"),  # by user, as usage counts them
    Index(None, "user_id", "device_id"),
)
