"""Tables in the output of commands: cells are never truncated."""

import os
from collections.abc import Iterable

from rich.console import Console
from rich.table import Column, Table

# Width of a table written to a file or a pipe, which has no width of its own.
_WITHOUT_TERMINAL = 250


def console() -> Console:
    """The console for tables.

    Markup is disabled, as names of phones and parameters contain brackets. Without a terminal lines are long, so that
    `grep` finds whole names and values; COLUMNS overrides that.
    """
    made = Console(markup=False, emoji=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = _WITHOUT_TERMINAL
    return made


def table(*columns: str, title: str | None = None, rules: bool = False) -> Table:
    """An empty table; cells that are too wide are wrapped, never truncated."""
    return Table(*(Column(name, overflow="fold") for name in columns), title=title, show_lines=rules)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows under column headings."""
    filled = table(*columns)
    for row in rows:
        filled.add_row(*row)
    console().print(filled)
