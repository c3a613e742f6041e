"""The benchmark: prints every row with what it is measured against and the bound it is held to.

    python -m tests.bench [--only GROUP ...] [--devices N] [--fleet N] [--phones N] [--seconds S] [--write FOLDER]

Everything is measured on this machine, beside a bare aiohttp handler and nginx in the same run; wrk makes the load.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.bench.fetches import fetch_rows, server_rows
from tests.bench.first_contacts import contact_rows
from tests.bench.large import large_rows
from tests.bench.pictures import write
from tests.bench.plan import Plan
from tests.bench.renders import render_rows
from tests.bench.rows import Row
from tests.bench.start import start_rows
from tests.bench.storm import killed_rows, storm_rows

GROUPS: dict[str, Callable[[Plan], Iterator[Row]]] = {
    "start": start_rows,
    "fetches": fetch_rows,
    "contacts": contact_rows,
    "renders": render_rows,
    "postgresql": server_rows,
    "large": large_rows,
    "storm": storm_rows,
    "killed": killed_rows,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="these groups of rows alone")
    parser.add_argument("--devices", type=int, default=10_000, help="devices in the database (10000)")
    parser.add_argument("--fleet", type=int, default=1_000_000, help="devices in the large database (1000000)")
    parser.add_argument("--phones", type=int, default=10_000, help="phones that boot in a storm (10000)")
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each load is measured (6)")
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="put table and pictures into the pages of a folder"
    )
    return parser.parse_args()


def main() -> None:
    """Run the groups that are wanted and print the table."""
    wanted = _arguments()
    console = Console(width=150)
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    measured: dict[str, list[Row]] = {name: [] for name in GROUPS if name in wanted.only}
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task("")
        plan = Plan(
            folder=Path(folder),
            devices=wanted.devices,
            fleet=wanted.fleet,
            phones=wanted.phones,
            seconds=wanted.seconds,
            say=lambda what: progress.update(task, description=what),
            pictures={},
        )
        for name, rows in measured.items():
            for row in GROUPS[name](plan):
                rows.append(row)
                progress.console.print(f"  {row.case}: {row.told} {row.aim and f'({row.aim}: {row.verdict})'}")
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    every = [row for rows in measured.values() for row in rows]
    console.print(_table(machine, every))
    console.print(f"NOT reached: {'; '.join(row.case for row in every if not row.reached) or 'none'}")
    if wanted.write:
        write(wanted.write, machine, measured, plan.pictures)


def _table(title: str, rows: list[Row]) -> Table:
    table = Table("case", "measured", "against", "figure", "bound", "", title=title, title_justify="left")
    for row in rows:
        table.add_row(row.case, row.measured, row.against, row.told, row.aim, row.verdict)
    return table


if __name__ == "__main__":
    main()
