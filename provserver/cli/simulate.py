"""`simulate`: boots a fleet of simulated phones against a server, as a rehearsal or load test."""

import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
from aiohttp import ClientSession, ClientTimeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from provserver.cli.options import config_option, run_async
from provserver.cli.parameters import ReportFile, Seconds, ServerUrl
from provserver.config import Config
from provserver.domain.errors import ProvserverError
from provserver.foundation import load_vendors, open_foundation
from provserver.listeners import API, PHONES, addresses
from provserver.services import api_keys
from provserver.services.change import Actor, Change, Connection
from provserver.services.sources import Sources
from provserver.simulation.arrivals import SHAPES, Shape, arrivals
from provserver.simulation.boot import Habits
from provserver.simulation.fleet import SimulatedPhone, fleet
from provserver.simulation.report import QUANTILES, Report, figures, milliseconds
from provserver.simulation.setting_up import Operator
from provserver.simulation.storm import Storm
from provserver.simulation.tally import Tally

_ACTOR = Actor("simulate")
_NAME = "simulated phones"
_KEY_LIVES = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The options of the command."""

    phones: list[SimulatedPhone]
    habits: Habits
    shape: Shape
    over: float
    rounds: int
    processes: int
    lines: int


@click.command()
@config_option
@click.option("--phones", "count", type=click.IntRange(1, 1_000_000), required=True, help="Number of phones.")
@click.option("--vendor", "vendors", multiple=True, metavar="NAME", help="Only of this vendor; may be repeated.")
@click.option("--rounds", type=click.IntRange(1, 100), default=2, help="Number of boots per phone (2).")
@click.option("--arrive", type=click.Choice(SHAPES), default="burst", help="All at once (burst), steady, or ramp.")
@click.option("--over", type=Seconds(0.1), default=20.0, help="Duration of steady or ramp in seconds (20).")
@click.option("--lines", type=click.IntRange(1, 24), default=1, help="Users on each phone (1).")
@click.option("--patience", type=Seconds(0.1), default=2.0, help="Timeout of a try in seconds (2).")
@click.option("--tries", type=click.IntRange(1), default=3, help="Tries for each file (3).")
@click.option("--processes", type=click.IntRange(1, 64), default=1, help="Number of processes for the phones (1).")
@click.option(
    "--phones-url",
    "phones_urls",
    type=ServerUrl(),
    multiple=True,
    metavar="URL",
    help="Phone listener; absent: that of the configuration. May be repeated: each phone prefers one of them.",
)
@click.option(
    "--api-url",
    type=ServerUrl(),
    metavar="URL",
    help="API URL; absent: the listener of the configuration.",
)
@click.option(
    "--key",
    metavar="KEY",
    envvar="PROVSERVER_KEY",
    help="Platform key; absent: $PROVSERVER_KEY, else a temporary one.",
)
@click.option("--insecure", is_flag=True, help="Accept any certificate, like some phones.")
@click.option("--seed", type=int, help="Seed for the MAC addresses; absent: random.")
@click.option("--keep", is_flag=True, help="Do not delete the account and its devices.")
@click.option("--json", "json_file", type=ReportFile(), metavar="FILE", help="Write a report as JSON.")
@click.option("--html", "html_file", type=ReportFile(), metavar="FILE", help="Write a report as HTML.")
def simulate(
    config: Config,
    count: int,
    vendors: tuple[str, ...],
    rounds: int,
    arrive: Shape,
    over: float,
    lines: int,
    patience: float,
    tries: int,
    processes: int,
    phones_urls: tuple[str, ...],
    api_url: str | None,
    key: str | None,
    insecure: bool,
    seed: int | None,
    keep: bool,
    json_file: Path | None,
    html_file: Path | None,
) -> None:
    """Boot a fleet of simulated phones against a running server.

    The phones are of mixed vendors. They are created over the API in an account of their own, request what real phones
    request, in the same order and with the same patience, and are deleted at the end. In the first round they have only
    their MAC address; from the second on they use the secret URL from their first file. Exits with 1 if any phone did
    not get its configuration.
    """
    catalogue, _ = load_vendors(config)
    seed = random.SystemRandom().getrandbits(40) if seed is None else seed
    local = addresses(config, {PHONES: config.phones.port, API: config.api.port})
    rehearsal = Rehearsal(
        phones=fleet(catalogue, count, seed, vendors),
        habits=Habits(
            urls=phones_urls or (local.phones,),
            patience=patience,
            tries=tries,
            verify=not insecure,
        ),
        shape=arrive,
        over=over,
        rounds=rounds,
        processes=processes,
        lines=lines,
    )
    run_async(_simulate(config, rehearsal, api_url or local.api, key, keep, (json_file, html_file)))


async def _simulate(
    config: Config,
    rehearsal: Rehearsal,
    api: str,
    key: str | None,
    keep: bool,
    files: tuple[Path | None, Path | None],
) -> None:
    started = Sources().now()
    async with _key(config, key) as secret, _account(rehearsal, api, secret, keep):
        tallies = await _rounds(rehearsal)
    count = len(rehearsal.phones)
    report = Report(
        at=started,
        url=", ".join(rehearsal.habits.urls),
        phones=count,
        arrival="all at once" if rehearsal.shape == "burst" else f"{rehearsal.shape} over {rehearsal.over:g} s",
        rounds=tallies,
    )
    _show(report)
    json_file, html_file = files
    if json_file:
        _write(json_file, json.dumps(report.as_json(), indent=2) + "\n")
    if html_file:
        _write(html_file, report.as_html())
    if not report.all_booted:
        sys.exit(1)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ProvserverError(f"{file} cannot be written: {error.strerror}") from None


@asynccontextmanager
async def _key(config: Config, given: str | None) -> AsyncIterator[str]:
    """The given or configured platform key, else a temporary one."""
    if given or config.api.bootstrap_key:
        yield given or config.api.bootstrap_key or ""
        return
    async with open_foundation(config) as foundation:

        def change(conn: Connection) -> Change:
            return Change(conn, foundation.database.sealer, foundation.sources, _ACTOR, foundation.sources.now())

        expires_at = foundation.sources.now() + _KEY_LIVES
        async with foundation.database.write() as conn:
            made = await api_keys.create(
                change(conn), name=_NAME, account_id=None, read_only=False, expires_at=expires_at
            )
        try:
            yield made.secret
        finally:
            async with foundation.database.write() as conn:
                await api_keys.revoke(change(conn), made.key.id)


@asynccontextmanager
async def _account(rehearsal: Rehearsal, api: str, key: str, keep: bool) -> AsyncIterator[None]:
    """An account with the devices of all phones."""
    async with ClientSession(timeout=ClientTimeout(total=60)) as http:
        operator = Operator(http, api, key)
        account = await operator.open_account(f"{len(rehearsal.phones)} {_NAME}")
        try:
            with _bar("adding phones", len(rehearsal.phones)) as advance:
                await operator.add_phones(rehearsal.phones, rehearsal.lines, advance)
            yield
        finally:
            if keep:
                click.echo(f"account {account} was left there", err=True)
            else:
                await operator.close_account(account)


async def _rounds(rehearsal: Rehearsal) -> list[Tally]:
    tallies = []
    starts = arrivals(rehearsal.shape, len(rehearsal.phones), rehearsal.over)
    async with Storm.gather(rehearsal.phones, rehearsal.processes) as storm:
        for number in range(1, rehearsal.rounds + 1):
            with _bar(f"round {number}", len(rehearsal.phones)) as advance:
                tallies.append(await storm.boot(starts, rehearsal.habits, advance))
    return tallies


@contextmanager
def _bar(name: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=total)
        yield lambda more: progress.advance(task, more)


def _show(report: Report) -> None:
    console = Console()
    for number, tally in enumerate(report.rounds, start=1):
        table = Table(title=f"round {number}", title_justify="left", show_header=False)
        for name, text in figures(tally).items():
            table.add_row(name, text)
        console.print(table)
    vendors = Table(
        "vendor", "boots", "given up", *QUANTILES, title="last round by vendor, in ms", title_justify="left"
    )
    for name, one in sorted(report.rounds[-1].vendors.items()):
        vendors.add_row(name, f"{one.boots:,}", f"{one.failed:,}", *milliseconds(one.latencies).values())
    console.print(vendors)
