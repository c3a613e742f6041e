"""Number of devices per state of a check-sync job, updated in the transaction that changes the states.

Counting the devices themselves would make a list of jobs slow: a job may have a million of them.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.jobs import JobDeviceState
from provserver.store.schema import check_sync_job_counts as table
from provserver.store.upserts import upsert

Counts = dict[JobDeviceState, int]


async def count_moved(
    conn: AsyncConnection, job_id: str, to: JobDeviceState, devices: int, *, out_of: JobDeviceState | None = None
) -> None:
    """Count `devices` as moved to state `to`, from `out_of` or (None) newly added."""
    if not devices:
        return
    changes = {to: devices} if out_of is None else {to: devices, out_of: -devices}
    statement = upsert(conn, table)
    more = table.c.devices + statement.excluded.devices
    counting = statement.on_conflict_do_update(index_elements=["job_id", "state"], set_={"devices": more})
    # Always in the same order, to avoid deadlocks.
    rows = [{"job_id": job_id, "state": state, "devices": changes[state]} for state in sorted(changes)]
    await conn.execute(counting, rows)


async def counts_of(conn: AsyncConnection, job_ids: Collection[str]) -> Mapping[str, Counts]:
    """The counts of each job; states without devices are omitted."""
    found: dict[str, Counts] = {job_id: {} for job_id in job_ids}
    here = select(table).where(table.c.job_id.in_(found), table.c.devices > 0)
    for row in await conn.execute(here):
        found[row.job_id][JobDeviceState(row.state)] = row.devices
    return found
