"""The schema's way from version to version."""

import asyncio
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from provserver.domain.errors import BadConfiguration, Contended
from provserver.store.database import Database
from provserver.store.postgresql import Limits, is_raced

SchemaState = Literal["current", "outdated", "empty", "newer"]

_A_DAY = 86_400.0
_TRIES = 20
_PAUSE = 0.5
_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(db: Database) -> bool:
    """Bring the schema to this version, in one transaction; True where there was something to do.

    Raises `BadConfiguration` where a newer version of provserver has been there.
    """
    if db.embedded:
        return await _migrate(db)
    patient = Database.open(db.engine.url, db.sealer, Limits(statement=_A_DAY))  # large tables, and others that migrate
    try:
        return await _migrate_in_turn(patient)
    finally:
        await patient.close()


async def _migrate_in_turn(db: Database) -> bool:
    for _ in range(_TRIES):
        try:
            return await _migrate(db)
        except (DBAPIError, Contended) as error:
            if isinstance(error, DBAPIError) and not is_raced(error):
                raise
            await asyncio.sleep(_PAUSE)  # another instance was faster; what it has made is found
    return await _migrate(db)


async def _migrate(db: Database) -> bool:
    async with db.write() as conn:
        state = await conn.run_sync(_state)
        if state == "newer":
            raise BadConfiguration("the database was made by a newer version of provserver; run that one")
        if state == "current":
            return False
        await conn.run_sync(_upgrade)
        return True


async def schema_state(db: Database) -> SchemaState:
    """Where the schema stands, compared with this version of provserver."""
    async with db.read() as conn:
        return await conn.run_sync(_state)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _state(connection: Connection) -> SchemaState:
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        return "empty"
    scripts = ScriptDirectory.from_config(_config(connection))
    if set(heads) == set(scripts.get_heads()):
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "outdated" if known.issuperset(heads) else "newer"


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")
