"""Tables as commands print them."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print rows under the names of their columns."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
