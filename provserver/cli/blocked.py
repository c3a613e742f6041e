"""`blocked`: addresses that asked for too many MACs."""

import click

from provserver.cli.options import config_option, run_async
from provserver.cli.tables import print_table
from provserver.config import Config
from provserver.database_setup import COMMAND_LINE, change_by, open_database
from provserver.services.paging import PageRequest
from provserver.services.protection import blocked_sources
from provserver.services.sources import Sources

_SHOWN = 100
_MINUTE = "%Y-%m-%d %H:%M"


@click.group()
def blocked() -> None:
    """Show and release addresses that asked for too many MACs.

    The MACs were unknown, or the requests were not authenticated. Authenticated phones at such an address are not
    affected.
    """


@blocked.command("list")
@config_option
def list_blocked(config: Config) -> None:
    """List the last hundred, most recent first."""
    run_async(_list(config))


async def _list(config: Config) -> None:
    async with open_database(config) as database, database.read() as conn:
        page = await blocked_sources.list_blocked(conn, PageRequest(limit=_SHOWN), now=Sources().now())
    print_table(
        ("source", "seen at", "since", "until at least", "turned away"),
        (
            (one.source, one.last_address, f"{one.since:{_MINUTE}}", f"{one.until:{_MINUTE}}", str(one.refused))
            for one in page.items
        ),
    )


@blocked.command()
@config_option
@click.argument("source")
def release(config: Config, source: str) -> None:
    """Unblock SOURCE: an address, or as shown by `blocked list`. Running servers follow within a second."""
    run_async(_release(config, source))


async def _release(config: Config, text: str) -> None:
    async with change_by(COMMAND_LINE, config) as change:
        source = await blocked_sources.release(change, text)
    click.echo(f"{source} may ask again", err=True)
