"""`token`: the secrets of phones."""

import click

from provserver.cli.options import config_option, run_async
from provserver.config import Config
from provserver.database_setup import COMMAND_LINE, change_by
from provserver.domain.errors import NotFound
from provserver.domain.mac import parse_mac
from provserver.services.devices import tokens
from provserver.store.devices import find_by_mac


@click.group()
def token() -> None:
    """Manage the secrets of phones."""


@token.command()
@click.argument("mac")
@config_option
@click.option("--no-overlap", is_flag=True, help="Invalidate the old one at once; the phone then needs `arm`.")
def rotate(mac: str, config: Config, no_overlap: bool) -> None:
    """Give the phone MAC a new secret.

    The old one stays valid until the phone has used the new one.
    """
    run_async(_rotate(mac, config, no_overlap))


async def _rotate(text: str, config: Config, no_overlap: bool) -> None:
    mac = parse_mac(text, "MAC")
    async with change_by(COMMAND_LINE, config) as change:
        device = await find_by_mac(change.conn, change.sealer, mac)
        if device is None:
            raise NotFound(f"there is no device {mac}")
        await tokens.rotate(change, device, overlap=not no_overlap)
    before = "the old one is burnt; arm the device" if no_overlap else "the old one works until the new one was used"
    click.echo(f"{mac} has a new token; {before}", err=True)
