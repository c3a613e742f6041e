"""Who may tell which device: two runners, a dead one, and a job that is cancelled."""

from datetime import timedelta

import pytest

from provserver.domain.device import Account
from provserver.domain.errors import Conflict
from provserver.domain.jobs import CheckSyncJob, JobDeviceState, JobState
from provserver.store import check_sync_jobs as jobs
from provserver.store.database import Database
from provserver.store.pages import PageRequest

from . import builders

LATER = timedelta(seconds=10)


async def _insert(db: Database, account: Account, devices: int = 3, runner: str | None = None) -> CheckSyncJob:
    job = CheckSyncJob(
        id=builders.identifier("csj"),
        account_id=account.id,
        filter={"vendor": "snom"},
        reboot=True,
        only_if_stale=False,
        rate_per_second=2.5,
        total=devices,
        key_id="key_1",
        created_at=builders.START,
    )
    until = builders.START + LATER if runner else None
    async with db.write() as conn:
        await jobs.insert_job(conn, job, [f"dev_{number}" for number in range(devices)], runner=runner, until=until)
    return job


async def _lease(db: Database, runner: str, seconds: float) -> CheckSyncJob | None:
    now = builders.after(seconds)
    async with db.write() as conn:
        return await jobs.lease_any(conn, runner, now=now, until=now + LATER)


async def _claim(db: Database, job: CheckSyncJob, position: int) -> bool:
    async with db.write() as conn:
        return await jobs.claim_device(conn, job.id, position)


async def _read(db: Database, job: CheckSyncJob) -> CheckSyncJob:
    async with db.read() as conn:
        found = await jobs.get_job(conn, job.account_id, job.id)
    assert found is not None
    return found


async def test_a_job_comes_back_as_it_was_stored(db: Database, acme: Account, other: Account) -> None:
    job = await _insert(db, acme)
    found = await _read(db, job)
    assert found.counts == {JobDeviceState.WAITING: 3}
    assert (found.filter, found.reboot, found.rate_per_second, found.remaining, found.done) == (
        {"vendor": "snom"},
        True,
        2.5,
        3,
        0,
    )
    async with db.read() as conn:
        assert await jobs.get_job(conn, other.id, job.id) is None
        assert (await jobs.list_jobs(conn, other.id, PageRequest())).items == []
        assert (await jobs.list_jobs(conn, acme.id, PageRequest())).items == [found]


async def test_an_account_has_one_running_job(db: Database, acme: Account, other: Account) -> None:
    first = await _insert(db, acme)
    with pytest.raises(Conflict) as refused:
        await _insert(db, acme)
    assert refused.value.code == "job_running"
    await _insert(db, other)
    async with db.write() as conn:
        assert await jobs.end_job(conn, first.id, JobState.COMPLETED, at=builders.START)
        assert not await jobs.end_job(conn, first.id, JobState.CANCELLED, at=builders.START)
    await _insert(db, acme)


async def test_only_one_runner_claims_a_device(db: Database, acme: Account) -> None:
    job = await _insert(db, acme)
    assert await _claim(db, job, 0)
    assert not await _claim(db, job, 0)
    async with db.write() as conn:
        await jobs.settle_device(conn, job.id, 0, JobDeviceState.DELIVERED)
        await jobs.settle_device(conn, job.id, 0, JobDeviceState.ERROR)
        await jobs.settle_device(conn, job.id, 1, JobDeviceState.ERROR)
        assert await jobs.waiting_devices(conn, job.id, -1, 10) == [(1, "dev_1"), (2, "dev_2")]
        assert await jobs.waiting_devices(conn, job.id, 1, 10) == [(2, "dev_2")]
    assert (await _read(db, job)).counts == {JobDeviceState.DELIVERED: 1, JobDeviceState.WAITING: 2}


async def test_a_cancelled_job_lets_nobody_claim(db: Database, acme: Account) -> None:
    job = await _insert(db, acme)
    async with db.write() as conn:
        await jobs.end_job(conn, job.id, JobState.CANCELLED, at=builders.START)
    assert not await _claim(db, job, 0)
    assert await _lease(db, "a", 100) is None


async def test_a_lease_holds_until_it_ends(db: Database, acme: Account) -> None:
    """A job whose runner lives is nobody else's; that of a dead one goes on, without what it left half told."""
    job = await _insert(db, acme, runner="a")
    assert await _claim(db, job, 0)
    assert await _lease(db, "b", 5) is None
    taken = await _lease(db, "b", 11)
    assert taken is not None
    assert taken.id == job.id
    found = await _read(db, job)
    assert found.counts == {JobDeviceState.INTERRUPTED: 1, JobDeviceState.WAITING: 2}
    async with db.write() as conn:
        assert not await jobs.renew_lease(conn, job.id, "a", until=builders.after(60))
        assert await jobs.renew_lease(conn, job.id, "b", until=builders.after(60))
        await jobs.settle_device(conn, job.id, 0, JobDeviceState.DELIVERED)
    assert (await _read(db, job)).counts[JobDeviceState.DELIVERED] == 1, "the dead one lived after all"


async def test_a_job_that_is_let_go_is_free_at_once(db: Database, acme: Account) -> None:
    job = await _insert(db, acme, runner="a")
    async with db.write() as conn:
        await jobs.release_lease(conn, job.id, "a")
    taken = await _lease(db, "b", 0)
    assert taken is not None
    assert taken.id == job.id
