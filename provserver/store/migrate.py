"""The schema's way from version to version."""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from provserver.domain.errors import BadConfiguration
from provserver.store.database import Database

SchemaState = Literal["current", "outdated", "empty", "newer"]

_MIGRATIONS = Path(__file__).parent / "migrations"


async def migrate(db: Database) -> bool:
    """Bring the schema to this version, in one transaction; True where there was something to do.

    Raises `BadConfiguration` where a newer version of provserver has been there.
    """
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
