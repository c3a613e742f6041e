"""Who runs jobs may be told to end at any moment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event

from provserver.domain.jobs import CheckSyncJob
from provserver.services.resync import Resync
from provserver.services.resync_runner import JobRunner
from provserver.services.sources import Sources
from provserver.store import accounts, check_sync_jobs
from provserver.store.database import Database
from tests.store import builders


async def test_a_job_that_is_taken_at_the_moment_of_a_stop_is_left_to_the_next_process(database: Database) -> None:
    """Else nobody would go on with it before its lease has ended."""
    account = builders.account()
    job = CheckSyncJob(
        id=builders.identifier("csj"),
        account_id=account.id,
        filter={},
        reboot=False,
        only_if_stale=False,
        rate_per_second=1,
        total=1,
        key_id="key_1",
        created_at=builders.START,
    )
    async with database.write() as conn:
        await accounts.insert_account(conn, account)
        await check_sync_jobs.insert_job(conn, job, ["dev_1"], runner=None, until=None)
    nobody_is_told: Any = None
    runner = JobRunner(database, Resync(nobody_is_told, nobody_is_told, Sources()), "stopped")
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
