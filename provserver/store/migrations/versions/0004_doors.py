"""Secrets of devices that overlap or are burnt, narrower lists of proofs, and addresses that guessed too much."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("accounts", sa.Column("accepted_proofs", sa.String(), nullable=True))
    op.add_column("devices", sa.Column("previous_token_hash", sa.String(), nullable=True))
    op.add_column("devices", sa.Column("previous_token_sealed", sa.Text(), nullable=True))
    op.add_column("devices", sa.Column("accepted_proofs", sa.String(), nullable=True))
    op.create_index(op.f("ix_devices_previous_token_hash"), "devices", ["previous_token_hash"], unique=True)
    op.create_table(
        "burnt_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_burnt_tokens")),
    )
    op.create_table(
        "blocked_sources",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("last_address", sa.String(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_blocked_sources")),
    )
    op.create_index(op.f("ix_blocked_sources_since_source"), "blocked_sources", ["since", "source"], unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("blocked_sources")
    op.drop_table("burnt_tokens")
    op.drop_index(op.f("ix_devices_previous_token_hash"), table_name="devices")
    for column in ("accepted_proofs", "previous_token_sealed", "previous_token_hash"):
        op.drop_column("devices", column)
    op.drop_column("accounts", "accepted_proofs")
