"""How many devices of a check-sync job are in each state, kept in the transaction that moves them.

A list of jobs would else look at every device of each, of which there may be a million.
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
    """So many devices have come into the state `to`, `out_of` another or as new ones."""
    if not devices:
        return
    changes = {to: devices} if out_of is None else {to: devices, out_of: -devices}
    statement = upsert(conn, table)
    more = table.c.devices + statement.excluded.devices
    counting = statement.on_conflict_do_update(index_elements=["job_id", "state"], set_={"devices": more})
    # In one order whoever counts, so that no two wait for each other.
    rows = [{"job_id": job_id, "state": state, "devices": changes[state]} for state in sorted(changes)]
    await conn.execute(counting, rows)


async def counts_of(conn: AsyncConnection, job_ids: Collection[str]) -> Mapping[str, Counts]:
    """The counts of each job, without states that no device is in."""
    found: dict[str, Counts] = {job_id: {} for job_id in job_ids}
    here = select(table).where(table.c.job_id.in_(found), table.c.devices > 0)
    for row in await conn.execute(here):
        found[row.job_id][JobDeviceState(row.state)] = row.devices
    return found
