"""The benchmark: `python -m tests.bench [--devices N] [--seconds S]` prints every row with its ratio and its bound."""

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.fetches import fetch_rows
from tests.bench.population import key_file_of, populate
from tests.bench.rows import Row

_FULL = 200


def _rows(folder: Path, devices: int, seconds: float) -> Iterator[Row]:
    data_dir = folder / "data"
    population = asyncio.run(
        populate(key_file_of(data_dir), f"sqlite+aiosqlite:///{data_dir}/provserver.db", devices, min(_FULL, devices))
    )
    yield from fetch_rows(data_dir, folder, population, seconds)


def main() -> None:
    """Run all rows and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--devices", type=int, default=10_000, help="devices in the database (10000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load is measured (5)")
    wanted = parser.parse_args()
    console = Console(width=150)
    console.print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    table = Table("case", "measured", "against", "figure", "bound", "")
    with tempfile.TemporaryDirectory() as folder:
        for row in _rows(Path(folder), wanted.devices, wanted.seconds):
            bound = f"{'at least' if row.at_least else 'at most'} {row.bound:g} {row.unit}"
            table.add_row(row.case, row.measured, row.against, f"{row.figure:.2f} {row.unit}", bound, _mark(row))
            console.print(f"  {row.case}: {row.figure:.2f} {row.unit} ({bound})")
    console.print(table)


def _mark(row: Row) -> str:
    return "reached" if row.reached else "NOT reached"


if __name__ == "__main__":
    main()
