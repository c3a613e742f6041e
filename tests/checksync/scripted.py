"""A server that follows a script byte by byte: it says a line of the script, or insists on hearing one."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from tests.patience import pass_time


class Says(NamedTuple):
    """The server sends this."""

    text: str


class Hears(NamedTuple):
    """The server waits for exactly this."""

    text: str


class Silent(NamedTuple):
    """The server says nothing any more, and so many seconds pass."""

    seconds: float


Step = Says | Hears | Silent


class Scripted:
    """`port` to connect to; `wrong`: where the client left the script."""

    def __init__(self) -> None:
        self.port = 0
        self.wrong: list[str] = []
        self.finished = 0


@asynccontextmanager
async def scripted(*scripts: Sequence[Step], tls: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """One script per connection, the last for all further ones. Fails the test where the client leaves the script."""
    server = Scripted()
    count = 0
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        serving.add(asyncio.current_task())
        script = scripts[min(count, len(scripts) - 1)]
        count += 1
        for step in script:
            if isinstance(step, Says):
                writer.write(step.text.encode())
                continue
            if isinstance(step, Silent):
                pass_time(step.seconds)
                await reader.read()
                continue
            wanted = step.text.encode()
            try:
                heard = await asyncio.wait_for(reader.readexactly(len(wanted)), 60)
            except (TimeoutError, asyncio.IncompleteReadError) as error:
                heard = getattr(error, "partial", b"")
            if heard != wanted:
                server.wrong.append(f"wanted {wanted!r}\nheard  {heard!r}")
                break
        else:
            server.finished += 1
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await asyncio.gather(*(task for task in serving if task))
    assert not server.wrong, "\n".join(server.wrong)
