"""A site on a real socket that answers every request with who it thinks is there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from provserver.listening.connection import ListenerPolicy
from provserver.listening.site import Site, listening_sockets


@asynccontextmanager
async def opened(app: web.Application, policy: ListenerPolicy, **of_http: Any) -> AsyncIterator[int]:
    """The port on which `app` is served by this policy."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, **of_http)
    await runner.setup()
    site = Site(runner, "test", policy)
    try:
        yield await site.accept_on(listening_sockets("127.0.0.1", 0))
    finally:
        await site.close()
        await runner.cleanup()


def mirror() -> web.Application:
    """Answers with the address it sees and the number of certificates it was shown."""

    async def answer(request: web.Request) -> web.Response:
        chain = request.transport.get_extra_info("client_chain", ()) if request.transport else ()
        shown = len(chain)
        await request.read()
        return web.Response(text=f"{request.remote} {request.scheme} {shown} {request.path}\n")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def said(port: int, sent: bytes) -> bytes:
    """Everything that comes back for `sent`, until the other end closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def ran(*command: str, sent: bytes = b"") -> tuple[int, str]:
    """A program to its end: exit code, and what it has written."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        written, _ = await process.communicate(sent)
    return process.returncode or 0, written.decode("utf-8", "replace")
