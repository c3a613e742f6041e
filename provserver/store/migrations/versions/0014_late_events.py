"""Events that are stored long after they happened are noted, so that whoever follows events gets them too."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "late_events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("event_ids", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_events")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("late_events")
