"""Check-sync jobs: selection of devices, creation, status and cancellation. `resync_runner` runs them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from provserver.domain.device import Account, Event
from provserver.domain.errors import NotFound
from provserver.domain.jobs import CheckSyncJob, JobState
from provserver.services import audit
from provserver.services.change import Change, Connection
from provserver.services.devices import device_views
from provserver.services.paging import Page, PageRequest, every_page
from provserver.services.settings.effective import Configurations
from provserver.services.sources import Sources
from provserver.store import check_sync_jobs, device_lists, events
from provserver.store.device_lists import DeviceFilter

__all__ = ["JobWish", "cancel", "create", "get", "list_jobs", "select_devices"]

_CHUNK = 500
LEASE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWish:
    """The parameters of a new job. `filter`: `chosen` as given by the client."""

    chosen: DeviceFilter
    filter: Mapping[str, Any]
    reboot: bool = False
    only_if_stale: bool = False
    rate_per_second: float = 5.0


async def select_devices(
    conn: Connection, configurations: Configurations, account: Account, chosen: DeviceFilter
) -> list[str]:
    """The devices of an account matching `chosen`, oldest first; handsets are replaced by their bases, each once."""
    if chosen.stale is not None:
        stamp = await device_views.shared_stamp_of(conn, configurations, account)
        chosen = replace(chosen, shared_stamp=stamp)
    found: list[str] = []
    pages = every_page(partial(device_lists.list_devices, conn, account.id, chosen), limit=_CHUNK)
    async for page in pages:
        # an unpaired handset is kept: that it cannot be notified is a result too
        found += [device.base_id or device.id for device in page.items]
    return list(dict.fromkeys(reversed(found)))


async def create(
    change: Change, account: Account, wish: JobWish, device_ids: list[str], *, runner: str | None = None
) -> CheckSyncJob:
    """Start a job for `device_ids`, run by `runner` if given, else by any process.

    Raises `Conflict` with code `job_running` if the account has a running job.
    """
    job = CheckSyncJob(
        id=change.sources.new_id("csj"),
        account_id=account.id,
        filter=dict(wish.filter),
        reboot=wish.reboot,
        # A filter on stale devices goes by the stamp, which is only a hint; so each is checked again.
        only_if_stale=wish.only_if_stale or wish.chosen.stale is True,
        rate_per_second=wish.rate_per_second,
        total=len(device_ids),
        key_id=change.actor.key_id,
        created_at=change.at,
    )
    until = change.at + LEASE if runner else None
    await check_sync_jobs.insert_job(change.conn, job, device_ids, runner=runner, until=until)
    job = await get(change.conn, account.id, job.id)
    await note_progress(change.conn, change.sources, job)
    after = {"reboot": job.reboot, "filter": dict(job.filter), "total": job.total}
    await audit.record(change, "check_sync_job.created", job.id, account_id=account.id, after=after)
    return job


async def get(conn: Connection, account_id: str, job_id: str) -> CheckSyncJob:
    """The job with its counts. Raises `NotFound`."""
    job = await check_sync_jobs.get_job(conn, account_id, job_id)
    if job is None:
        raise NotFound("there is no such check-sync job")
    return job


async def list_jobs(conn: Connection, account_id: str, request: PageRequest) -> Page[CheckSyncJob]:
    """A page of the account's jobs, newest first."""
    return await check_sync_jobs.list_jobs(conn, account_id, request)


async def cancel(change: Change, account_id: str, job_id: str) -> None:
    """Cancel a job; NOTIFYs being sent are completed. Does nothing if it has ended."""
    await get(change.conn, account_id, job_id)
    if await check_sync_jobs.end_job(change.conn, job_id, JobState.CANCELLED, at=change.at):
        await note_progress(change.conn, change.sources, await get(change.conn, account_id, job_id))
        await audit.record(change, "check_sync_job.cancelled", job_id, account_id=account_id)


async def note_progress(conn: Connection, sources: Sources, job: CheckSyncJob) -> None:
    """Send the progress of a job to the event stream."""
    event = Event(
        id=sources.new_id("evt"),
        account_id=job.account_id,
        device_id=None,
        type="check_sync_job",
        created_at=sources.now(),
        details={
            "job_id": job.id,
            "state": job.state.value,
            "total": job.total,
            "done": job.done,
            "remaining": job.remaining,
            "outcomes": {state.value: count for state, count in job.counts.items()},
        },
    )
    await events.insert_events(conn, [event])
