"""Chain ids of multicell systems, and the SIP account number of a handset's line."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("devices", sa.Column("chain_id", sa.String(), nullable=True))
    op.add_column("assignments", sa.Column("account_number", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("assignments", "account_number")
    op.drop_column("devices", "chain_id")
