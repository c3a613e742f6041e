"""Tables as commands print them: every cell whole, and as it is."""

import os
from collections.abc import Iterable

from rich.console import Console
from rich.table import Column, Table

# Columns of a table that goes into a file or to another program, which has no width of its own.
_WITHOUT_TERMINAL = 250


def console() -> Console:
    """Where tables are printed.

    Brackets are no markup: names of phones and of parameters have them. Without a terminal lines are long, so that
    `grep` finds whole names and values; COLUMNS, where it is set, says otherwise.
    """
    made = Console(markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WITHOUT_TERMINAL
    return made


def table(*columns: str, title: str | None = None, rules: bool = False) -> Table:
    """An empty table; a cell that is too wide goes on in the next line and is never cut short."""
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, show_lines=rules)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows under the names of their columns."""
    filled = table(*columns)
    for row in rows:
        filled.add_row(*row)
    console().print(filled)
