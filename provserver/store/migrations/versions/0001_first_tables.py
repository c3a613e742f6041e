"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_account_id_id"), "audit", ["account_id", "id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("source_ip", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_account_id_id"), "events", ["account_id", "id"], unique=False)
    op.create_index(op.f("ix_events_created_at"), "events", ["created_at"], unique=False)
    op.create_index(op.f("ix_events_device_id_id"), "events", ["device_id", "id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "provisioned_spans",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "user_id", "started_at", name=op.f("pk_provisioned_spans")),
    )
    op.create_index(
        op.f("ix_provisioned_spans_account_id_started_at_ended_at_user_id"),
        "provisioned_spans",
        ["account_id", "started_at", "ended_at", "user_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_provisioned_spans_user_id_device_id"), "provisioned_spans", ["user_id", "device_id"], unique=False
    )
    op.create_table(
        "settings_layers",
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_settings_layers")),
    )
    op.create_table(
        "unknown_devices",
        sa.Column("mac", sa.String(), nullable=False),
        sa.Column("vendor", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("source_ip", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mac", name=op.f("pk_unknown_devices")),
    )
    op.create_index(
        op.f("ix_unknown_devices_last_seen_at_mac"), "unknown_devices", ["last_seen_at", "mac"], unique=False
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id_id"), "api_keys", ["account_id", "id"], unique=False)
    op.create_table(
        "devices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=True),
        sa.Column("ipei", sa.String(), nullable=True),
        sa.Column("base_id", sa.String(), nullable=True),
        sa.Column("slot_number", sa.Integer(), nullable=True),
        sa.Column("multicell_role", sa.String(), nullable=True),
        sa.Column("data_master_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("vendor", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("firmware_version", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=True),
        sa.Column("token_sealed", sa.Text(), nullable=True),
        sa.Column("window_until", sa.BigInteger(), nullable=True),
        sa.Column("window_address", sa.String(), nullable=True),
        sa.Column("fetched_stamp", sa.String(), nullable=True),
        sa.Column("fetched_etag", sa.String(), nullable=True),
        sa.Column("fetched_base_url", sa.String(), nullable=True),
        sa.Column("current_ip_address", sa.String(), nullable=True),
        sa.Column("last_provisioned_at", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_devices_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["base_id"], ["devices.id"], name=op.f("fk_devices_base_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["data_master_id"], ["devices.id"], name=op.f("fk_devices_data_master_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("account_id", "ipei", name=op.f("uq_devices_account_id_ipei")),
        sa.UniqueConstraint("account_id", "ordinal", name=op.f("uq_devices_account_id_ordinal")),
        sa.UniqueConstraint("base_id", "slot_number", name=op.f("uq_devices_base_id_slot_number")),
        sa.UniqueConstraint("mac", name=op.f("uq_devices_mac")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_devices_token_hash")),
    )
    op.create_index(
        op.f("ix_devices_account_id_base_id_ordinal"), "devices", ["account_id", "base_id", "ordinal"], unique=False
    )
    op.create_index(
        op.f("ix_devices_account_id_location_ordinal"), "devices", ["account_id", "location", "ordinal"], unique=False
    )
    op.create_index(
        op.f("ix_devices_account_id_model_ordinal"), "devices", ["account_id", "model", "ordinal"], unique=False
    )
    op.create_index(
        op.f("ix_devices_account_id_status_ordinal"), "devices", ["account_id", "status", "ordinal"], unique=False
    )
    op.create_index(
        op.f("ix_devices_account_id_type_ordinal"), "devices", ["account_id", "type", "ordinal"], unique=False
    )
    op.create_index(
        op.f("ix_devices_account_id_vendor_ordinal"), "devices", ["account_id", "vendor", "ordinal"], unique=False
    )
    op.create_index(op.f("ix_devices_data_master_id"), "devices", ["data_master_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("extension", sa.String(), nullable=True),
        sa.Column("sip_username", sa.String(), nullable=False),
        sa.Column("sip_auth_username", sa.String(), nullable=True),
        sa.Column("sip_password_sealed", sa.Text(), nullable=False),
        sa.Column("sip_domain", sa.String(), nullable=False),
        sa.Column("sip_display_name", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_users_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("account_id", "extension", name=op.f("uq_users_account_id_extension")),
        sa.UniqueConstraint(
            "account_id", "sip_username", "sip_domain", name=op.f("uq_users_account_id_sip_username_sip_domain")
        ),
    )
    op.create_index(op.f("ix_users_account_id_id"), "users", ["account_id", "id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_assignments_device_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_assignments_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("device_id", "line_number", name=op.f("uq_assignments_device_id_line_number")),
        sa.UniqueConstraint("device_id", "user_id", name=op.f("uq_assignments_device_id_user_id")),
    )
    op.create_index(op.f("ix_assignments_user_id"), "assignments", ["user_id"], unique=False)
    op.create_table(
        "search_terms",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("term", _BYTEWISE, nullable=False),
        sa.Column("ordinal", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"], ["devices.id"], name=op.f("fk_search_terms_device_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "term", "ordinal", "device_id", name=op.f("pk_search_terms")),
    )
    op.create_index(op.f("ix_search_terms_device_id_term"), "search_terms", ["device_id", "term"], unique=False)
    op.create_table(
        "user_terms",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("term", _BYTEWISE, nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_terms_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "term", "user_id", name=op.f("pk_user_terms")),
    )
    op.create_index(op.f("ix_user_terms_user_id_term"), "user_terms", ["user_id", "term"], unique=False)
