"""`key`: API keys, and the key that encrypts secrets in the database."""

from datetime import datetime
from typing import Any

import click

from provserver.cli.moments import until
from provserver.cli.options import config_option, run_async
from provserver.cli.tables import print_table
from provserver.config import Config
from provserver.database_setup import COMMAND_LINE, change_by, open_database
from provserver.domain.device import ApiKey
from provserver.services import api_keys
from provserver.services.paging import every_page
from provserver.services.sources import Sources
from provserver.store.database import Database
from provserver.store.keyfile import add_key, drop_old_keys
from provserver.store.resealing import reseal_everything


@click.group()
def key() -> None:
    """Manage API keys, and the key that encrypts secrets.

    `create`, `list` and `revoke` manage API keys; `rotate` replaces the key that encrypts secrets in the database.
    """


@key.command()
@config_option
@click.option("--name", metavar="TEXT", default="command line", help="Name of the key.")
@click.option("--account", metavar="ID", help="Restrict it to one account; absent: a platform key.")
@click.option("--read-only", is_flag=True, help="Restrict it to reading.")
@click.option("--provisioning-only", is_flag=True, help="Restrict it to devices, assignments, check-sync; reads users.")
@click.option(
    "--expires", type=until, metavar="WHEN", help="Expiry: a time, a date, or a duration from now like 12h or 90d."
)
def create(config: Config, expires: datetime | None, **wish: Any) -> None:
    """Create an API key and print only the key on stdout."""
    run_async(_create(config, expires_at=expires, account_id=wish.pop("account"), **wish))


async def _create(config: Config, **wish: Any) -> None:
    async with change_by(COMMAND_LINE, config) as change:
        made = await api_keys.create(change, **wish)
    click.echo(made.secret)


@key.command("list")
@config_option
def list_keys(config: Config) -> None:
    """List API keys, newest first, without the keys themselves."""
    run_async(_list(config))


async def _list(config: Config) -> None:
    async with open_database(config) as database:
        keys, now = await _all_keys(database), Sources().now()
    columns = "id", "name", "ends in", "account", "access", "created", "last used", "state"
    print_table(columns, (_row(item, now) for item in keys))


def _row(key: ApiKey, now: datetime) -> tuple[str, ...]:
    used = f"{key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never"
    whose = key.account_id or "platform"
    return key.id, key.name, key.hint, whose, _access(key), f"{key.created_at:%Y-%m-%d}", used, _state(key, now)


def _access(key: ApiKey) -> str:
    access = "read" if key.read_only else "write"
    return f"{access} devices" if key.provisioning_only else access


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "good"
    return f"{'until' if key.expires_at > now else 'ended'} {key.expires_at:%Y-%m-%d}"


async def _all_keys(database: Database) -> list[ApiKey]:
    async with database.read() as conn:
        pages = every_page(lambda request: api_keys.list_keys(conn, request, None))
        return [key async for page in pages for key in page.items]


@key.command()
@config_option
@click.argument("key_id")
def revoke(config: Config, key_id: str) -> None:
    """Revoke the API key KEY_ID (as shown by `key list`)."""
    run_async(_revoke(config, key_id))


async def _revoke(config: Config, key_id: str) -> None:
    async with change_by(COMMAND_LINE, config) as change:
        await api_keys.revoke(change, key_id)
    click.echo(f"{key_id} is revoked", err=True)


@key.command()
@config_option
@click.option("--keep-old", is_flag=True, help="Keep the old keys in the file, for backups encrypted with them.")
def rotate(config: Config, keep_old: bool) -> None:
    """Re-encrypt all secrets in the database with a new key.

    A new key is added to the key file, everything is re-encrypted, and the old keys are removed. The server may be
    running.
    """
    add_key(config.key_file)
    run_async(_rotate(config))
    dropped = 0 if keep_old else drop_old_keys(config.key_file)
    click.echo(f"dropped {dropped} old key(s) from {config.key_file}", err=True)


async def _rotate(config: Config) -> None:
    async with open_database(config) as database:
        resealed = again = await reseal_everything(database)
        while again:  # secrets that a running server encrypted with the old key meanwhile
            again = await reseal_everything(database)
            resealed += again
    click.echo(f"sealed {resealed} secrets with a new key", err=True)
