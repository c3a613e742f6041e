"""The way to a database, which a test can cut, stop up and open again."""

import asyncio
import threading
from pathlib import Path
from typing import Protocol, Self

from provserver.store.database import Database
from provserver.store.sealing import Sealer
from tests.postgres import OwnDatabase


class Line(Protocol):
    """The way to `database`."""

    database: Database

    async def cut(self) -> None:
        """Nobody reaches the database any more."""

    async def mend(self) -> None:
        """Everybody does again."""

    async def close(self) -> None:
        """Leave nothing behind."""


class FileLine:
    """To an embedded one: its files are moved away, and a folder stands where they were."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._path = Path(str(database.engine.url.database))
        self._away = self._path.with_name("away")

    async def cut(self) -> None:
        # An open file would go on to work wherever it is moved; with the disk it would be gone too.
        await self.database.close()
        self._away.mkdir()
        for file in self._path.parent.glob(f"{self._path.name}*"):
            file.rename(self._away / file.name)
        self._path.mkdir()

    async def mend(self) -> None:
        self._path.rmdir()
        for file in self._away.iterdir():
            file.rename(self._path.parent / file.name)
        self._away.rmdir()

    async def close(self) -> None:
        # The driver has a thread for each connection, which also ends a little later where there was none to be had.
        for thread in threading.enumerate():
            if "_connection_worker_thread" in thread.name:
                await asyncio.to_thread(thread.join, 5)


class ServerLine:
    """To a PostgreSQL server: a port of our own, from which a pump leads to the server's socket.

    `left`: somebody has ended a connection, and all he said before has been passed on.
    """

    database: Database

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ending = asyncio.Event()
        self._ending.set()
        self.left = asyncio.Event()
        self._port = 0

    @classmethod
    async def to(cls, own: OwnDatabase, sealer: Sealer) -> Self:
        """The way to this database, which is open."""
        line = cls(next(own.cluster.folder.glob(".s.PGSQL.*[0-9]")))
        await line.mend()
        line.database = Database.open(f"postgresql+asyncpg://postgres@127.0.0.1:{line._port}/{own.name}", sealer)
        return line

    async def close(self) -> None:
        await self.cut()

    async def mend(self) -> None:
        self._flowing.set()
        self._ending.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """As a server that is stopped: connections end, and new ones are refused."""
        if self._server:
            self._server.close()
            self._server = None
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def stop_up(self) -> None:
        """As a network that swallows everything: connections stay, and nothing comes any more."""
        self._flowing.clear()

    def hold_ends(self) -> None:
        """As a network that is slow to tell that a connection has ended: only what was said before arrives."""
        self.left.clear()
        self._ending.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._socket)
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
            self.left.set()
            await self._ending.wait()
        except OSError:
            pass
        finally:
            sink.transport.abort()
