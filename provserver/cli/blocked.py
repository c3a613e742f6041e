"""`blocked`: addresses that have asked for too many MACs."""

import click
from rich.console import Console
from rich.table import Table

from provserver.cli.options import config_option, run_async
from provserver.config import Config
from provserver.opening import change_by, open_database
from provserver.services import blocking
from provserver.services.change import Actor
from provserver.services.paging import PageRequest
from provserver.services.sources import Sources

_ACTOR = Actor("command line")
_SHOWN = 100


@click.group()
def blocked() -> None:
    """Addresses that have asked for too many MACs.

    The MACs were unknown, or nothing was proven. Phones that prove themselves at such an address are served as ever.
    """


@blocked.command("list")
@config_option
def list_blocked(config: Config) -> None:
    """List the last hundred, the latest first."""
    run_async(_list(config))


async def _list(config: Config) -> None:
    async with open_database(config) as database, database.read() as conn:
        page = await blocking.list_blocked(conn, PageRequest(limit=_SHOWN), now=Sources().now())
    table = Table("source", "seen at", "since", "until at least", "turned away")
    for one in page.items:
        until = f"{one.until:%Y-%m-%d %H:%M}"
        table.add_row(one.source, one.last_address, f"{one.since:%Y-%m-%d %H:%M}", until, str(one.refused))
    Console().print(table)


@blocked.command()
@config_option
@click.argument("source")
def release(config: Config, source: str) -> None:
    """Let SOURCE ask again: an address, or as `blocked list` shows it. A running server takes note within a second."""
    run_async(_release(config, source))


async def _release(config: Config, text: str) -> None:
    async with change_by(_ACTOR, config) as change:
        source = await blocking.release(change, text)
    click.echo(f"{source} may ask again", err=True)
