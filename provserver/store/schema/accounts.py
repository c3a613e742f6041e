"""Accounts with their keys, layers and files, and their users."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from provserver.store.schema.columns import account, metadata, moment
from provserver.store.types import Bytewise, Words

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("region", String),
    Column("timezone", String),
    Column("status", String, nullable=False),
    Column("accepted_proofs", Words),
    Column("default_button_template_id", String),  # no foreign key, as it would be circular
    Column("revision", Integer, nullable=False),
    moment("created_at"),
    moment("updated_at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    account(nullable=True),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("hint", String, nullable=False),
    Column("read_only", Boolean, nullable=False),
    Column("provisioning_only", Boolean, nullable=False, server_default=false()),
    moment("created_at"),
    moment("expires_at", nullable=True),
    moment("last_used_at", nullable=True),
    moment("revoked_at", nullable=True),
    Index(None, "account_id", "id"),
)

settings_layers = Table(
    "settings_layers",
    metadata,
    Column("owner_id", String, primary_key=True),  # 'platform', or the id of an account or device
    Column("sealed", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    moment("updated_at"),
)

files = Table(
    "files",
    metadata,
    Column("id", String, primary_key=True),
    account(nullable=True),
    Column("kind", String, nullable=False),
    Column("label", String),
    Column("file_name", String, nullable=False, unique=True),
    Column("content_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    moment("created_at"),
    Index(None, "account_id", "id"),
    Index(None, "account_id", "kind", "id"),
)

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    account(),
    Column("name", String, nullable=False),
    Column("email", String),
    Column("extension", String),
    Column("sip_username", String, nullable=False),
    Column("sip_auth_username", String),
    Column("sip_password_sealed", Text, nullable=False),
    # '' for none: with NULL, the unique constraint would allow duplicates
    Column("sip_domain", String, nullable=False),
    Column("sip_display_name", String),
    moment("created_at"),
    moment("updated_at"),
    UniqueConstraint("account_id", "sip_username", "sip_domain"),
    UniqueConstraint("account_id", "extension"),
    Index(None, "account_id", "id"),
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
