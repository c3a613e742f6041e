"""How it is known of which vendor and type a device is. Of those that are there nobody can tell, so they stay that."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("devices", sa.Column("vendor_source", sa.String(), server_default="named", nullable=False))
    op.add_column("devices", sa.Column("type_source", sa.String(), server_default="named", nullable=False))


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_column("devices", "type_source")
    op.drop_column("devices", "vendor_source")
