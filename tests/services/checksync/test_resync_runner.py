"""Who runs jobs may be told to end at any moment, and goes on whatever one job or one device comes to."""

import asyncio
from typing import Any

import pytest
import structlog
from sqlalchemy import event

from provserver.domain.jobs import CheckSyncJob, JobDeviceState, JobState
from provserver.services.checksync.resync import Resync
from provserver.services.checksync.resync_runner import JobRunner
from provserver.services.sources import Sources
from provserver.store import accounts, check_sync_jobs
from provserver.store.database import Database
from tests.store import builders


async def _waiting_job(database: Database, *devices: str) -> CheckSyncJob:
    """A job that nobody runs."""
    account = builders.account()
    job = CheckSyncJob(
        id=builders.identifier("csj"),
        account_id=account.id,
        filter={},
        reboot=False,
        only_if_stale=False,
        rate_per_second=1000,
        total=len(devices),
        key_id="key_1",
        created_at=builders.START,
    )
    async with database.write() as conn:
        await accounts.insert_account(conn, account)
        await check_sync_jobs.insert_job(conn, job, devices, runner=None, until=None)
    return job


def _runner(database: Database) -> JobRunner:
    """It has nobody to tell anything: that is a mistake where it tries."""
    nobody: Any = None
    return JobRunner(database, Resync(nobody, nobody, Sources()), "one")


async def test_a_mistake_ends_neither_the_job_nor_who_runs_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one device would be tried for ever, or all jobs would wait for a restart."""
    monkeypatch.setattr("provserver.services.checksync.resync_runner._LOOK_SECONDS", 0.001)
    job, to_raise = await _waiting_job(database, "dev_1", "dev_2"), [RuntimeError()]
    lease_any = check_sync_jobs.lease_any

    async def lease(*asked: Any, **how: Any) -> CheckSyncJob | None:
        if to_raise:
            raise to_raise.pop()
        return await lease_any(*asked, **how)

    monkeypatch.setattr(check_sync_jobs, "lease_any", lease)
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(_runner(database).run())
        async with asyncio.timeout(60):
            while (now := await _read(database, job)).state is JobState.RUNNING:
                pass
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert (now.state, now.counts) == (JobState.COMPLETED, {JobDeviceState.ERROR: 2})
    told = ["check_sync_jobs_not_looked_for", *["check_sync_broken_off"] * 2]
    assert [line["event"] for line in logs if line["log_level"] == "error"] == told


async def _read(database: Database, job: CheckSyncJob) -> CheckSyncJob:
    async with database.read() as conn:
        found = await check_sync_jobs.get_job(conn, job.account_id, job.id)
    assert found
    return found


async def test_a_job_that_is_taken_at_the_moment_of_a_stop_is_left_to_the_next_process(database: Database) -> None:
    """Else nobody would go on with it before its lease has ended."""
    job, runner = await _waiting_job(database, "dev_1"), _runner(database)
    running = asyncio.create_task(runner.run())
    # The database has begun to write down who runs the job when the process is told to end.
    event.listen(database.engine.sync_engine, "commit", lambda _: running.cancel(), once=True)
    with pytest.raises(asyncio.CancelledError):
        await running
    async with database.write() as conn:
        now = Sources().now()
        taken = await check_sync_jobs.lease_any(conn, "next", now=now, until=now)
    assert taken
    assert taken.id == job.id
