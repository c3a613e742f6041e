"""The counts that usage is computed from (`domain.usage`), updated in the transaction that changes what they count.

Writers lock the account's total first, so that they are serialized per account.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Dialect, Executable, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.usage import Absence, Changes, Step, counted
from provserver.store.prepared import execute_all, fetch_rows
from provserver.store.schema import usage_absences, usage_steps, usage_totals
from provserver.store.types import EPOCH
from provserver.store.upserts import upsert, upsert_of

Totals = dict[str, Step]

_NOTHING = Step(EPOCH, 0, 0)

# Built once, because every first contact needs them.
_TOTALS = (
    select(*(usage_totals.c[name] for name in ("account_id", *Step._fields)))
    .where(usage_totals.c.account_id.in_(bindparam("taken", expanding=True)))
    .order_by(usage_totals.c.account_id)
    .with_for_update()
)
_ADVANCE = update(usage_totals).where(usage_totals.c.account_id == bindparam("changed_id"))
_BE_AWAY = insert(usage_absences)
_BE_THERE = delete(usage_absences).where(
    *(usage_absences.c[name] == bindparam(f"no_{name}") for name in ("account_id", *Absence._fields))
)


async def take_totals(conn: AsyncConnection, account_ids: Collection[str]) -> Totals:
    """The current totals of these accounts, locked until the transaction ends."""
    rows = await fetch_rows(conn, _TOTALS, {"taken": list(account_ids)})
    taken = {account_id: Step(*step) for account_id, *step in rows}
    missing = sorted(set(account_ids) - taken.keys())
    if missing:
        fresh = [{"account_id": one, **_NOTHING._asdict()} for one in missing]
        await conn.execute(upsert(conn, usage_totals).on_conflict_do_nothing(), fresh)
        taken |= await take_totals(conn, missing)
    return taken


async def count(conn: AsyncConnection, totals: Totals, changed: Mapping[str, Changes]) -> None:
    """Update the counts of accounts whose `totals` are locked."""
    steps: dict[str, list[Step]] = {}
    for account_id, changes in changed.items():
        moments, total = changes.moments, totals[account_id]
        if not moments:
            continue
        if total.at < moments[0]:
            steps[account_id] = counted(total, [], changes)
        else:  # a late change, before times that are already counted
            steps[account_id] = counted(*await _around(conn, account_id, moments[0]), changes)
    await _store_steps(conn, steps)
    await _store_absences(conn, changed)


async def _around(conn: AsyncConnection, account_id: str, at: datetime) -> tuple[Step, list[Step]]:
    """The last step before a time, and the steps from then on."""
    column = usage_steps.c
    here = select(column.at, column.began, column.ended).where(column.account_id == account_id)
    before = (await conn.execute(here.where(column.at < at).order_by(column.at.desc()).limit(1))).first()
    later = await conn.execute(here.where(column.at >= at).order_by(column.at))
    return Step(*before) if before else _NOTHING, [Step(*row) for row in later]


async def _store_steps(conn: AsyncConnection, steps: Mapping[str, list[Step]]) -> None:
    rows = [{"account_id": account_id, **step._asdict()} for account_id, some in steps.items() for step in some]
    if not rows:
        return
    await execute_all(conn, _step_by_step(conn.dialect), rows)
    last = [{"changed_id": account_id, **some[-1]._asdict()} for account_id, some in steps.items()]
    await execute_all(conn, _ADVANCE, last)


@lru_cache
def _step_by_step(dialect: Dialect) -> Executable:
    insertion = upsert_of(dialect, usage_steps)
    values = {"began": insertion.excluded.began, "ended": insertion.excluded.ended}
    return insertion.on_conflict_do_update(index_elements=["account_id", "at"], set_=values)


async def _store_absences(conn: AsyncConnection, changed: Mapping[str, Changes]) -> None:
    for sign, prefix, statement in ((-1, "no_", _BE_THERE), (1, "", _BE_AWAY)):
        rows = [
            {f"{prefix}{name}": value for name, value in {"account_id": account_id, **absence._asdict()}.items()}
            for account_id, changes in changed.items()
            for absence, more in changes.absences.items()
            if more == sign
        ]
        if rows:
            await execute_all(conn, statement, rows)
