"""What every process of provserver stands on: Config -> catalogue and store, prepared and opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from provserver.checksync.backend import build_notifier
from provserver.config import Config
from provserver.domain.checksync import Notifier
from provserver.domain.errors import BadConfiguration
from provserver.domain.vendor import Catalogue
from provserver.listeners import reachable
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.services import api_keys, uploads
from provserver.services.access import Doors
from provserver.services.change import Actor, Change
from provserver.services.effective import Configurations
from provserver.services.notifying import Sender
from provserver.services.resync import Resync
from provserver.services.sources import Sources
from provserver.services.uploads import FileFolder
from provserver.shipped import shipped
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate, schema_state
from provserver.store.postgresql import Limits
from provserver.store.resealing import check_keys
from provserver.store.sealing import Sealer

_log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Stock:
    """What every command works with: the catalogue, the store and the means to read devices as they stand."""

    config: Config
    catalogue: Catalogue
    renderer: Renderer
    database: Database
    configurations: Configurations
    sources: Sources


def load_vendors(config: Config, *, thorough: bool = False) -> tuple[Catalogue, Renderer]:
    """The catalogue, cross-checked, and the renderer of its templates. Raises `BadConfiguration`.

    Own templates are compiled at once; those that come with the program only where it is `thorough`.
    """
    environment = build_environment([*config.catalog.templates, shipped("templates")])
    folders = [*config.catalog.vendors, shipped("vendors")]
    released = None if thorough else shipped("templates")
    catalogue = load_catalogue(folders, environment, salt=",".join(config.phones.auth), released=released)
    return catalogue, Renderer(environment)


def prepare_data(config: Config) -> bool:
    """Make the data directory and, where there is no database yet, the key file; True where it has been made.

    Raises `BadConfiguration`.
    """
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(f"data_dir {config.data_dir}: {error.strerror}") from None
    missing = not config.key_file.exists()
    if missing:
        if (config.data_dir / "provserver.db").exists():
            # A new key would open nothing that is sealed in there.
            raise BadConfiguration(f"{config.key_file} is missing, but there is a database: put the key file back")
        create_key_file(config.key_file)
    return missing


async def refuse_foreign_data(stock: Stock) -> None:
    """The key file has just been made; a database with data in it has another, which an instance must be given."""
    if await schema_state(stock.database) != "empty":
        path = stock.config.key_file
        path.unlink()
        raise BadConfiguration(f"{path} is missing, but the database is in use: copy the file from where it is run now")


@asynccontextmanager
async def open_stock(config: Config) -> AsyncIterator[Stock]:
    """The catalogue and the store, closed at the end. The schema is as it was found."""
    catalogue, renderer = load_vendors(config)
    store = config.database
    limits = Limits(connections=store.connections, wait=store.wait, statement=store.statement_timeout)
    database = Database.open(config.database_url, Sealer.from_key_file(config.key_file), limits)
    try:
        scheme = "https" if config.phones.tls.cert else "http"
        public_url = config.phones.public_url or f"{scheme}://{reachable(config.phones.host)}:{config.phones.port}"
        doors = Doors(frozenset(config.phones.auth), config.phones.networks)
        configurations = Configurations(database, catalogue, renderer, public_url, doors)
        yield Stock(config, catalogue, renderer, database, configurations, Sources())
    finally:
        await database.close()


async def prepare(config: Config) -> str | None:
    """Make data directory, key file and schema; returns the platform key where one was made.

    Raises `BadConfiguration`.
    """
    key_made = prepare_data(config)
    async with open_stock(config) as stock:
        if key_made:
            await refuse_foreign_data(stock)
        await migrate(stock.database)
        await check_keys(stock.database)
        await uploads.sweep(stock.database, FileFolder(config.files_folder))
        return await ensure_platform_key(stock)


@asynccontextmanager
async def open_resync(stock: Stock) -> AsyncIterator[tuple[Resync, Notifier]]:
    """What tells phones to fetch anew, by the configured back end; closed at the end."""
    settings, sources = stock.config.checksync, stock.sources
    notifier = build_notifier(settings, clock=sources.now, entropy=sources.entropy)
    try:
        sender = Sender(notifier, settings.proxy, settings.timeout)
        yield Resync(stock.configurations, sender, sources), notifier
    finally:
        await notifier.close()


async def ensure_platform_key(stock: Stock) -> str | None:
    """On the very first start make a platform key and return it; later, and with a bootstrap key, None."""
    async with stock.database.write() as conn:
        if stock.config.api.bootstrap_key or await api_keys.has_platform_key(conn):
            return None
        sources = stock.sources
        change = Change(conn, stock.database.sealer, sources, Actor("first start"), sources.now())
        made = await api_keys.create(change, name="first start")
        return made.secret


async def until_cancelled() -> None:
    """Wait for the signal that ends the server."""
    await asyncio.Event().wait()
