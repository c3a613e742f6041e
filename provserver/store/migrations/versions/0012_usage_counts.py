"""Usage is counted as it changes, so that nobody need be looked at to tell it: see `domain.usage`."""

from collections import Counter
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BY_USER = "ix_provisioned_spans_account_id_user_id_started_at_ended_at"
_BY_USER_COLUMNS = ["account_id", "user_id", "started_at", "ended_at"]
_BY_DEVICE = "ix_provisioned_spans_user_id_device_id"
_STILL_THERE = "ix_provisioned_spans_user_id_ended_at_started_at"
_CHUNK = 5000


def _counts(name: str, *columns: sa.Column[Any], key: list[str]) -> sa.Table:
    account = sa.Column("account_id", sa.String(), nullable=False)
    return op.create_table(name, account, *columns, sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")))


def _number(name: str, kind: type[Any] = sa.Integer) -> sa.Column[Any]:
    return sa.Column(name, kind(), nullable=False)


def upgrade() -> None:
    """Go to this version."""
    totals, steps = (
        _counts(name, _number("at", sa.BigInteger), _number("began"), _number("ended"), key=key)
        for name, key in (("usage_totals", ["account_id"]), ("usage_steps", ["account_id", "at"]))
    )
    times = _number("left_at", sa.BigInteger), _number("back_at", sa.BigInteger)
    key = ["account_id", "left_at", "back_at", "user_id"]
    absences = _counts("usage_absences", *times, sa.Column("user_id", sa.String(), nullable=False), key=key)
    conn = op.get_bind()
    table = sa.table("provisioned_spans", *map(sa.column, _BY_USER_COLUMNS))
    spans = table.c
    conn.execute(sa.update(table).where(spans.ended_at < spans.started_at).values(ended_at=spans.started_at))
    for account_id in conn.scalars(sa.select(spans.account_id).distinct()).all():
        own = sa.select(spans.user_id, spans.started_at, spans.ended_at).where(spans.account_id == account_id)
        by_user = conn.execute(own.order_by(spans.user_id, spans.started_at)).all()
        began, ended, away = _counted(by_user)
        rows, sums = [], [0, 0]
        for at in sorted({*began, *ended}):
            sums = [sums[0] + began[at], sums[1] + ended[at]]
            rows.append({"account_id": account_id, "at": at, "began": sums[0], "ended": sums[1]})
        _insert(steps, rows)
        _insert(totals, rows[-1:])
        _insert(absences, [{"account_id": account_id, **one} for one in away])
    for old in (_BY_USER, _BY_DEVICE):
        op.drop_index(op.f(old), table_name="provisioned_spans")
    op.create_index(op.f(_STILL_THERE), "provisioned_spans", ["user_id", "ended_at", "started_at"], unique=False)


def _counted(by_user: Any) -> tuple[Counter[int], Counter[int], list[dict[str, Any]]]:
    """When the stays of users begin and end, of their spans in order, and when they are away in between."""
    began, ended, away = Counter[int](), Counter[int](), []
    for user_id, spans in groupby(by_user, key=lambda row: row.user_id):
        end: int | None = -1
        for _, start, until in spans:
            if end is not None and start > end:
                if end >= 0:
                    ended[end] += 1
                    away.append({"left_at": end, "back_at": start, "user_id": user_id})
                began[start] += 1
                end = until
            elif end is not None:
                end = None if until is None else max(end, until)
        if end is not None:
            ended[end] += 1
    return began, ended, away


def _insert(table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for first in range(0, len(rows), _CHUNK):
        op.bulk_insert(table, rows[first : first + _CHUNK])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_index(op.f(_STILL_THERE), table_name="provisioned_spans")
    op.create_index(op.f(_BY_USER), "provisioned_spans", _BY_USER_COLUMNS, unique=False)
    op.create_index(op.f(_BY_DEVICE), "provisioned_spans", ["user_id", "device_id"], unique=False)
    for name in ("usage_absences", "usage_steps", "usage_totals"):
        op.drop_table(name)
