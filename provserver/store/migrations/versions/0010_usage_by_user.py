"""Usage is counted in the order of users: each is then told from the one before, and none has to be remembered."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BY_TIME = "ix_provisioned_spans_account_id_started_at_ended_at_user_id"
_BY_USER = "ix_provisioned_spans_account_id_user_id_started_at_ended_at"


def upgrade() -> None:
    """Go to this version."""
    columns = ["account_id", "user_id", "started_at", "ended_at"]
    op.create_index(op.f(_BY_USER), "provisioned_spans", columns, unique=False)
    op.drop_index(op.f(_BY_TIME), table_name="provisioned_spans")


def downgrade() -> None:
    """Go back to the version before."""
    columns = ["account_id", "started_at", "ended_at", "user_id"]
    op.create_index(op.f(_BY_TIME), "provisioned_spans", columns, unique=False)
    op.drop_index(op.f(_BY_USER), table_name="provisioned_spans")
