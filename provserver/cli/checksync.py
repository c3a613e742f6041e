"""`check-sync`: tells phones to fetch their configuration."""

import asyncio
import sys
from collections import Counter

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from provserver.cli.options import config_option, run_async
from provserver.cli.tables import console, table
from provserver.config import Config
from provserver.database_setup import COMMAND_LINE
from provserver.domain.device import Account
from provserver.domain.errors import NotFound
from provserver.domain.jobs import CheckSyncJob, JobDeviceState
from provserver.domain.mac import parse_mac
from provserver.foundation import Foundation, open_foundation, open_resync
from provserver.services import accounts
from provserver.services.change import Change, Connection
from provserver.services.checksync import resync_jobs
from provserver.services.checksync.resync import Order, Resync
from provserver.services.checksync.resync_jobs import JobWish
from provserver.services.checksync.resync_reports import ResyncReport
from provserver.services.checksync.resync_runner import JobRunner
from provserver.services.devices.devices import DeviceFilter
from provserver.services.paging import every_page
from provserver.store.fetches import find_by_mac


@click.command("check-sync")
@click.argument("mac", required=False)
@config_option
@click.option("--reboot", is_flag=True, help="Make the phone reboot; it may do so anyway without it.")
@click.option("--only-if-stale", is_flag=True, help="Skip phones with their current configuration.")
@click.option("--all", "everyone", is_flag=True, help="All desk phones and DECT bases, with a progress bar.")
@click.option("--rate", type=click.FloatRange(0.1, 100), default=5.0, help="With --all: devices per second (5).")
@click.option("--account", metavar="ID", help="With --all: only this account.")
def check_sync(
    mac: str | None,
    config: Config,
    reboot: bool,
    only_if_stale: bool,
    everyone: bool,
    rate: float,
    account: str | None,
) -> None:
    """Tell the phone MAC to fetch its configuration.

    Shows the result for each line, and exits with 1 if none accepted. With --all, every phone is notified at a steady
    rate; Ctrl-C cancels the rest. It exits with 1 if there were phones to tell and none of them accepted.
    """
    if everyone == (mac is not None):
        raise click.UsageError("name one MAC, or say --all")
    if account and not everyone:
        raise click.UsageError("--account goes with --all")
    if mac is not None:
        run_async(_one(config, mac, Order(key_id=COMMAND_LINE.key_id, reboot=reboot, only_if_stale=only_if_stale)))
    else:
        wish = JobWish(
            chosen=DeviceFilter(), filter={}, reboot=reboot, only_if_stale=only_if_stale, rate_per_second=rate
        )
        run_async(_all(config, wish, account))


async def _one(config: Config, mac_text: str, order: Order) -> None:
    mac = parse_mac(mac_text, "MAC")
    async with open_foundation(config) as foundation, open_resync(foundation) as (resync, _):
        async with foundation.database.read() as conn:
            record = await find_by_mac(conn, mac)
        if record is None:
            raise NotFound(f"there is no device {mac}")
        report = await resync.notify(record.account.id, record.device.id, order)
    if report is None:
        raise LookupError("only an order with a claim can be refused")
    if report.skipped:
        click.echo(f"{mac} has what it would get; it was not told")
        return
    if report.lines:
        console().print(_lines_table(report))
    if not report.success:
        click.echo(f"provserver: {report.text}", err=True)
        sys.exit(1)


def _lines_table(report: ResyncReport) -> Table:
    rows = table("line", "status", "SIP", "reason", "told with it")
    for line in report.lines:
        outcome = line.outcome
        status = "" if outcome.sip_status is None else str(outcome.sip_status)
        others = ", ".join(line.other_devices)
        rows.add_row(str(outcome.line_number), outcome.status, status, outcome.reason or "", others)
    return rows


async def _all(config: Config, wish: JobWish, account_id: str | None) -> None:
    counts: Counter[JobDeviceState] = Counter()
    devices = 0
    async with open_foundation(config) as foundation, open_resync(foundation) as (resync, _):
        for account in await _accounts(foundation, account_id):
            devices += await _account(foundation, resync, account, wish, counts)
    rows = table("outcome", "devices")
    for state in JobDeviceState:
        if counts[state]:
            rows.add_row(state, str(counts[state]))
    console().print(rows if devices else "there is no device to tell")
    if devices > counts[JobDeviceState.SKIPPED] and not counts[JobDeviceState.DELIVERED]:
        click.echo("provserver: no device has accepted", err=True)
        sys.exit(1)


async def _accounts(foundation: Foundation, account_id: str | None) -> list[Account]:
    async with foundation.database.read() as conn:
        if account_id is not None:
            return [await accounts.get(conn, account_id)]
        pages = every_page(lambda request: accounts.list_all(conn, request))
        return [account async for page in pages for account in page.items]


async def _account(
    foundation: Foundation, resync: Resync, account: Account, wish: JobWish, counts: Counter[JobDeviceState]
) -> int:
    """Run one account's job to its end and return its number of devices; if interrupted, the rest is cancelled."""
    async with foundation.database.read() as conn:
        device_ids = await resync_jobs.select_devices(conn, foundation.configurations, account, wish.chosen)
    if not device_ids:
        return 0
    runner = JobRunner(foundation.database, resync, foundation.sources.new_id("run"))
    async with foundation.database.write() as conn:
        job = await resync_jobs.create(_change(foundation, conn), account, wish, device_ids, runner=runner.name)
    try:
        await _run(runner, job, account, counts)
    except asyncio.CancelledError:
        await asyncio.shield(_cancel(foundation, job))
        raise
    return job.total


async def _run(runner: JobRunner, job: CheckSyncJob, account: Account, counts: Counter[JobDeviceState]) -> None:
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(account.name, total=job.total)

        def step(state: JobDeviceState) -> None:
            counts[state] += 1
            progress.advance(bar)

        await runner.run_job(job, step)


async def _cancel(foundation: Foundation, job: CheckSyncJob) -> None:
    async with foundation.database.write() as conn:
        await resync_jobs.cancel(_change(foundation, conn), job.account_id, job.id)


def _change(foundation: Foundation, conn: Connection) -> Change:
    return Change(conn, foundation.database.sealer, foundation.sources, COMMAND_LINE, foundation.sources.now())
