"""Lists of devices are made of their kinds (`store.kinds`): one index for all filters but the location, one with it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KIND = "type || '|' || status || '|' || coalesce(vendor, '') || '|' || coalesce(model, '')"
_BYTEWISE = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_NEW = (["account_id", "kind", "ordinal"], ["account_id", "location", "kind", "ordinal"])
_OLD = tuple(["account_id", name, "ordinal"] for name in ("type", "status", "vendor", "model", "location"))


def _index(columns: list[str]) -> str:
    return op.f("_".join(("ix_devices", *columns)))


def upgrade() -> None:
    """Go to this version."""
    # SQLite cannot add a column that it stores, PostgreSQL before 18 has none that it does not.
    stored = op.get_bind().dialect.name != "sqlite"
    op.add_column("devices", sa.Column("kind", _BYTEWISE, sa.Computed(_KIND, persisted=stored)))
    for columns in _OLD:
        op.drop_index(_index(columns), table_name="devices")
    for columns in _NEW:
        op.create_index(_index(columns), "devices", columns, unique=False)


def downgrade() -> None:
    """Go back to the version before."""
    for columns in _NEW:
        op.drop_index(_index(columns), table_name="devices")
    for columns in _OLD:
        op.create_index(_index(columns), "devices", columns, unique=False)
    op.drop_column("devices", "kind")
