"""Check-sync jobs and their devices. A device is claimed before it is notified, so that none is notified twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.jobs import CheckSyncJob, JobDeviceState, JobState
from provserver.store.conflicts import conflicts_named
from provserver.store.job_counts import count_moved, counts_of
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import check_sync_job_devices as places
from provserver.store.schema import check_sync_jobs as jobs

_JOB = [
    jobs.c[name]
    for name in (
        *("id", "account_id", "state", "filter", "reboot", "only_if_stale", "rate_per_second", "total", "key_id"),
        *("created_at", "finished_at"),
    )
]
_UNSETTLED = (JobDeviceState.SENDING, JobDeviceState.INTERRUPTED)


async def insert_job(
    conn: AsyncConnection, job: CheckSyncJob, device_ids: Sequence[str], *, runner: str | None, until: datetime | None
) -> None:
    """Store a new job with its devices in order, leased to `runner` until `until`, if given.

    Raises `Conflict` with code `job_running` if the account already has a running job.
    """
    values = {column.name: getattr(job, column.name) for column in _JOB}
    lease = {"running_account": job.account_id, "runner": runner, "lease_until": until}
    with conflicts_named():
        await conn.execute(insert(jobs).values({**values, **lease}))
    rows = [
        {"job_id": job.id, "position": position, "device_id": device_id, "state": JobDeviceState.WAITING}
        for position, device_id in enumerate(device_ids)
    ]
    if rows:
        await conn.execute(insert(places), rows)
    await count_moved(conn, job.id, JobDeviceState.WAITING, len(rows))


async def get_job(conn: AsyncConnection, account_id: str, job_id: str) -> CheckSyncJob | None:
    """The job with its counts; None if it does not exist or belongs to another account."""
    statement = select(*_JOB).where(jobs.c.id == job_id, jobs.c.account_id == account_id)
    row = (await conn.execute(statement)).mappings().first()
    return (await _counted(conn, [_job_of(row)]))[0] if row else None


async def list_jobs(conn: AsyncConnection, account_id: str, request: PageRequest) -> Page[CheckSyncJob]:
    """A page of the account's jobs, newest first."""
    statement = select(*_JOB).where(jobs.c.account_id == account_id)
    page = await fetch_page(conn, statement, Window.of(request, jobs.c.id), _job_of)
    return replace(page, items=await _counted(conn, page.items))


async def end_job(conn: AsyncConnection, job_id: str, state: JobState, *, at: datetime) -> bool:
    """Complete or cancel a job; False if it is not running. A device being notified counts as interrupted."""
    ended = {"state": state, "running_account": None, "finished_at": at, "runner": None, "lease_until": None}
    statement = update(jobs).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING)
    return (await conn.execute(statement.values(ended))).rowcount > 0


async def lease_any(conn: AsyncConnection, runner: str, *, now: datetime, until: datetime) -> CheckSyncJob | None:
    """Lease an unleased running job to `runner`; None if there is none.

    Devices that the previous runner was notifying are marked as interrupted.
    """
    free = or_(jobs.c.lease_until.is_(None), jobs.c.lease_until < now)
    # By the running account: that index holds running jobs only, not every job there ever was.
    statement = select(*_JOB).where(jobs.c.running_account > "", free).order_by(jobs.c.running_account).limit(1)
    row = (await conn.execute(statement)).mappings().first()
    if row is None or not await _lease(conn, row[jobs.c.id], free, runner, until):
        return None
    await interrupt_unsettled(conn, row[jobs.c.id])
    return _job_of(row)


async def renew_lease(conn: AsyncConnection, job_id: str, runner: str, *, until: datetime) -> bool:
    """Extend a lease; False if the job has ended or is leased to another runner."""
    return await _lease(conn, job_id, jobs.c.runner == runner, runner, until)


async def release_lease(conn: AsyncConnection, job_id: str, runner: str) -> None:
    """Give up a lease."""
    statement = update(jobs).where(jobs.c.id == job_id, jobs.c.runner == runner)
    await conn.execute(statement.values(runner=None, lease_until=None))


async def waiting_devices(conn: AsyncConnection, job_id: str, after: int, limit: int) -> list[tuple[int, str]]:
    """(position, device id) of waiting devices after position `after`, in order."""
    statement = select(places.c.position, places.c.device_id).where(
        places.c.job_id == job_id, places.c.state == JobDeviceState.WAITING, places.c.position > after
    )
    rows = await conn.execute(statement.order_by(places.c.position).limit(limit))
    return [(row.position, row.device_id) for row in rows]


async def claim_device(conn: AsyncConnection, job_id: str, position: int) -> bool:
    """Claim a device; False if it was claimed by another runner or the job has ended."""
    running = select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING).exists()
    here = _place(job_id, position) & running
    return await _move(conn, job_id, here, JobDeviceState.WAITING, JobDeviceState.SENDING) > 0


async def settle_device(conn: AsyncConnection, job_id: str, position: int, state: JobDeviceState) -> None:
    """Store the result for a claimed device."""
    for before in _UNSETTLED:
        if await _move(conn, job_id, _place(job_id, position), before, state):
            return


async def interrupt_unsettled(conn: AsyncConnection, job_id: str) -> None:
    """Mark the devices whose runner died during notification."""
    await _move(conn, job_id, places.c.job_id == job_id, JobDeviceState.SENDING, JobDeviceState.INTERRUPTED)


async def _move(
    conn: AsyncConnection, job_id: str, which: ColumnElement[bool], before: JobDeviceState, after: JobDeviceState
) -> int:
    """Move devices from state `before` to state `after`; returns how many."""
    statement = update(places).where(which, places.c.state == before)
    moved = (await conn.execute(statement.values(state=after))).rowcount
    await count_moved(conn, job_id, after, moved, out_of=before)
    return moved


async def _lease(
    conn: AsyncConnection, job_id: str, condition: ColumnElement[bool], runner: str, until: datetime
) -> bool:
    statement = update(jobs).where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING, condition)
    return (await conn.execute(statement.values(runner=runner, lease_until=until))).rowcount > 0


def _place(job_id: str, position: int) -> ColumnElement[bool]:
    return (places.c.job_id == job_id) & (places.c.position == position)


async def _counted(conn: AsyncConnection, found: Sequence[CheckSyncJob]) -> list[CheckSyncJob]:
    """Add the counts to the jobs, in one query."""
    counts = await counts_of(conn, [job.id for job in found])
    return [replace(job, counts=counts[job.id]) for job in found]


def _job_of(row: RowMapping) -> CheckSyncJob:
    values = {column.name: row[column] for column in _JOB}
    return CheckSyncJob(**{**values, "state": JobState(values["state"])})
