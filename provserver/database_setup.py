"""Opens and prepares the configured database. Independent of vendor files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from provserver.config import Config
from provserver.domain.errors import BadConfiguration
from provserver.services import api_keys
from provserver.services.change import Actor, Change
from provserver.services.devices import uploads
from provserver.services.devices.uploads import FileFolder
from provserver.services.sources import Sources
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate, schema_state
from provserver.store.postgresql import Limits
from provserver.store.resealing import check_keys
from provserver.store.sealing import Sealer

COMMAND_LINE = Actor("command line")


@asynccontextmanager
async def open_database(config: Config) -> AsyncIterator[Database]:
    """Open the database until the end of the block. The schema is not migrated."""
    store = config.database
    limits = Limits(connections=store.connections, wait=store.wait, statement=store.statement_timeout)
    database = Database.open(config.database_url, Sealer.from_key_file(config.key_file), limits)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def change_by(actor: Actor, config: Config) -> AsyncIterator[Change]:
    """A change made by a command, possibly while a server is running; committed at the end of the block."""
    sources = Sources()
    async with open_database(config) as database, database.write() as conn:
        yield Change(conn, database.sealer, sources, actor, sources.now())


def prepare_data(config: Config) -> bool:
    """Create the data directory, and the key file if there is no database yet; returns whether it was created.

    Raises `BadConfiguration`.
    """
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfiguration(f"data_dir {config.data_dir}: {error.strerror}") from None
    missing = not config.key_file.exists()
    if missing:
        if (config.data_dir / "provserver.db").exists():
            # a new key could not decrypt the existing data
            raise BadConfiguration(f"{config.key_file} is missing, but there is a database: put the key file back")
        create_key_file(config.key_file)
    return missing


async def prepare(config: Config) -> str | None:
    """Create data directory, key file and schema. Returns the platform API key if one was created.

    Raises `BadConfiguration`.
    """
    key_made = prepare_data(config)
    async with open_database(config) as database:
        if key_made:
            await _refuse_foreign_data(config, database)
        await migrate(database)
        await check_keys(database)
        await uploads.sweep(database, FileFolder(config.files_folder))
        return await ensure_platform_key(config, database)


async def _refuse_foreign_data(config: Config, database: Database) -> None:
    """A key file was just created, but the database is in use: it needs its existing key file. Raises an error."""
    if await schema_state(database) != "empty":
        path = config.key_file
        path.unlink()
        raise BadConfiguration(f"{path} is missing, but the database is in use: copy the file from where it is run now")


async def ensure_platform_key(config: Config, database: Database) -> str | None:
    """Create and return a platform API key on the very first start; None later, or with a bootstrap key."""
    sources = Sources()
    async with database.write() as conn:
        if config.api.bootstrap_key or await api_keys.has_platform_key(conn):
            return None
        change = Change(conn, database.sealer, sources, Actor("first start"), sources.now())
        made = await api_keys.create(change, name="first start")
        return made.secret
