"""Runs check-sync jobs at their rate. Jobs are leased, so that another process continues if one dies.

Each device is claimed in a transaction before its NOTIFY, so that none is notified twice, whatever fails.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from provserver.domain.errors import Impossible, NotFound, StoreUnavailable
from provserver.domain.jobs import CheckSyncJob, JobDeviceState, JobState
from provserver.services.checksync import resync_jobs
from provserver.services.checksync.pacing import Pace
from provserver.services.checksync.resync import Order, Resync
from provserver.services.checksync.resync_jobs import LEASE
from provserver.store import check_sync_jobs
from provserver.store.database import Connection, Database

Step = Callable[[JobDeviceState], None]

_LOOK_SECONDS = 2.0  # how often a process looks for unleased jobs
_CHUNK = 50
_MOST_AT_ONCE = 200  # concurrent NOTIFYs; those to silent phones last for the whole timeout
_DRAIN_SECONDS = 3.0
_RENEW_SECONDS = LEASE.total_seconds() / 4

_log = structlog.get_logger("checksync")


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Finds and runs jobs. `name`: unique per process."""

    database: Database
    resync: Resync
    name: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run jobs until cancelled, those of different accounts concurrently."""
        async with asyncio.TaskGroup() as running:
            while True:
                job = await self._lease()
                if job is not None:
                    running.create_task(self._run_safely(job))
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), _LOOK_SECONDS)
                self.woken.clear()

    async def run_job(self, job: CheckSyncJob, on_step: Step = lambda _: None) -> None:
        """Run a job leased to this runner. If cancelled, the rest is left to another runner."""
        keeper = asyncio.create_task(self._keep(job))
        try:
            await _Course(self, job, keeper, on_step).run()
        finally:
            keeper.cancel()
            await asyncio.shield(self._release(job))

    async def _run_safely(self, job: CheckSyncJob) -> None:
        try:
            await self.run_job(job)
        except Exception:  # noqa: BLE001 - a failed job must not affect the others
            _log.exception("check_sync_job_failed", job=job.id)

    async def _lease(self) -> CheckSyncJob | None:
        """Lease a job. If cancelled meanwhile, the lease is released rather than left to expire."""
        leasing = asyncio.ensure_future(self._take())
        try:
            return await asyncio.shield(leasing)
        except asyncio.CancelledError:
            if job := await leasing:
                await self._release(job)
            raise

    async def _take(self) -> CheckSyncJob | None:
        now = self.resync.sources.now()
        try:
            return await self.database.settle(
                lambda conn: check_sync_jobs.lease_any(conn, self.name, now=now, until=now + LEASE)
            )
        except StoreUnavailable:
            return None
        except Exception:  # noqa: BLE001 - must not affect running jobs
            _log.exception("check_sync_jobs_not_looked_for")
            return None

    async def _keep(self, job: CheckSyncJob) -> None:
        """Renew the lease and report progress; returns when the job has ended or was taken over."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            try:
                if not await self.database.settle(lambda conn: self._renew(conn, job)):
                    return
            except StoreUnavailable:
                pass
            except Exception:  # noqa: BLE001 - the lease lasts for several retries
                _log.exception("check_sync_lease_not_renewed", job=job.id)

    async def _renew(self, conn: Connection, job: CheckSyncJob) -> bool:
        until = self.resync.sources.now() + LEASE
        if not await check_sync_jobs.renew_lease(conn, job.id, self.name, until=until):
            return False
        now = await resync_jobs.get(conn, job.account_id, job.id)
        await resync_jobs.note_progress(conn, self.resync.sources, now)
        return True

    async def _release(self, job: CheckSyncJob) -> None:
        with suppress(StoreUnavailable):
            await self.database.settle(lambda conn: check_sync_jobs.release_lease(conn, job.id, self.name))


@dataclass(slots=True)
class _Course:
    """A running job."""

    runner: JobRunner
    job: CheckSyncJob
    keeper: asyncio.Task[None]
    on_step: Step
    telling: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        pace, after = Pace(self.job.rate_per_second), -1
        try:
            while not self.keeper.done():
                waiting = await self._waiting(after)
                if not waiting:
                    break
                for position, device_id in waiting:
                    if self.keeper.done():
                        return
                    await self._turn(pace, position, device_id)
                    after = position
            await self._settle()
        finally:
            if self.telling:
                await asyncio.wait(self.telling, timeout=_DRAIN_SECONDS)
        if not self.keeper.done():
            await self._complete()

    async def _turn(self, pace: Pace, position: int, device_id: str) -> None:
        if self.job.only_if_stale and await self._has_it_all(device_id):
            await self._settle_at(position, JobDeviceState.SKIPPED)
            return
        while len(self.telling) >= _MOST_AT_ONCE:
            await asyncio.wait(self.telling, return_when=asyncio.FIRST_COMPLETED)
        await pace.turn()
        task = asyncio.create_task(self._tell(position, device_id))
        self.telling.add(task)
        task.add_done_callback(self.telling.discard)

    async def _tell(self, position: int, device_id: str) -> None:
        job = self.job

        async def claim(conn: Connection) -> bool:
            return await check_sync_jobs.claim_device(conn, job.id, position)

        order = Order(key_id=job.key_id, reboot=job.reboot, claim=claim, details=(("job_id", job.id),))
        try:
            report = await self.runner.resync.notify(job.account_id, device_id, order)
        except (NotFound, Impossible):
            await self._settle_at(position, JobDeviceState.GONE)
        except StoreUnavailable:
            _log.error("check_sync_not_recorded", job=job.id, device=device_id)
        except Exception:  # noqa: BLE001 - one failing device must not be notified repeatedly
            _log.exception("check_sync_broken_off", job=job.id, device=device_id)
            await self._settle_at(position, JobDeviceState.ERROR)
        else:
            if report is not None:
                await self._note(position, JobDeviceState(report.status.value))

    async def _has_it_all(self, device_id: str) -> bool:
        try:
            return await self.runner.resync.is_current(self.job.account_id, device_id)
        except (NotFound, Impossible, StoreUnavailable):
            return False  # the notification itself will report the error

    async def _settle_at(self, position: int, state: JobDeviceState) -> None:
        """Claim a device and settle it without a NOTIFY."""

        async def claimed(conn: Connection) -> bool:
            if not await check_sync_jobs.claim_device(conn, self.job.id, position):
                return False
            await check_sync_jobs.settle_device(conn, self.job.id, position, state)
            return True

        with suppress(StoreUnavailable):
            if await self.runner.database.settle(claimed):
                self.on_step(state)

    async def _note(self, position: int, state: JobDeviceState) -> None:
        with suppress(StoreUnavailable):
            await self.runner.database.settle(
                lambda conn: check_sync_jobs.settle_device(conn, self.job.id, position, state)
            )
            self.on_step(state)

    async def _waiting(self, after: int) -> list[tuple[int, str]]:
        while True:
            try:
                async with self.runner.database.read() as conn:
                    return await check_sync_jobs.waiting_devices(conn, self.job.id, after, _CHUNK)
            except StoreUnavailable:
                await asyncio.sleep(1)

    async def _settle(self) -> None:
        while self.telling:
            await asyncio.wait(self.telling)

    async def _complete(self) -> None:
        """Complete the job, unless devices are left that could not be claimed because of the database."""
        job, sources = self.job, self.runner.resync.sources

        async def complete(conn: Connection) -> None:
            if await check_sync_jobs.waiting_devices(conn, job.id, -1, 1):
                return
            await check_sync_jobs.interrupt_unsettled(conn, job.id)
            if await check_sync_jobs.end_job(conn, job.id, JobState.COMPLETED, at=sources.now()):
                now = await resync_jobs.get(conn, job.account_id, job.id)
                await resync_jobs.note_progress(conn, sources, now)

        await self.runner.database.settle(complete)
