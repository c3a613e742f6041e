"""Provisioning-only keys, where changes came from, and uploaded files."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("api_keys", sa.Column("provisioning_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("audit", sa.Column("request_id", sa.String(), nullable=True))
    op.add_column("audit", sa.Column("source_ip", sa.String(), nullable=True))
    op.create_index(op.f("ix_audit_resource_id_id"), "audit", ["resource_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_key_id_id"), "audit", ["key_id", "id"], unique=False)
    op.create_table(
        "files",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_files_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("file_name", name=op.f("uq_files_file_name")),
    )
    op.create_index(op.f("ix_files_account_id_id"), "files", ["account_id", "id"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("files")
    op.drop_index(op.f("ix_audit_key_id_id"), table_name="audit")
    op.drop_index(op.f("ix_audit_resource_id_id"), table_name="audit")
    op.drop_column("audit", "source_ip")
    op.drop_column("audit", "request_id")
    op.drop_column("api_keys", "provisioning_only")
