"""Programmable keys: templates, their buttons, and what single devices have instead."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "button_templates",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_button_templates_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_button_templates")),
    )
    op.create_index(op.f("ix_button_templates_account_id_id"), "button_templates", ["account_id", "id"])
    op.create_table(
        "buttons",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("target", sa.JSON(), nullable=True),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_buttons_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buttons")),
        sa.UniqueConstraint("owner_id", "position", name=op.f("uq_buttons_owner_id_position")),
    )
    op.create_index(op.f("ix_buttons_user_id"), "buttons", ["user_id"])
    op.add_column("accounts", sa.Column("default_button_template_id", sa.String(), nullable=True))
    op.add_column("devices", sa.Column("button_template_id", sa.String(), nullable=True))
    op.create_index(op.f("ix_devices_button_template_id"), "devices", ["button_template_id"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index(op.f("ix_devices_button_template_id"), "devices")
    op.drop_column("devices", "button_template_id")
    op.drop_column("accounts", "default_button_template_id")
    op.drop_table("buttons")
    op.drop_table("button_templates")
