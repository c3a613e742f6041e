"""What aiohttp itself costs: a handler that returns fixed bytes. `python -m tests.bench.bare_handler PORT BYTES`."""

import sys

import uvloop
from aiohttp import web


async def _app(size: int) -> web.Application:
    body = b"x" * size

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="text/plain")

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    return app


def main() -> None:
    """Serve until killed."""
    port, size = int(sys.argv[1]), int(sys.argv[2])
    uvloop.install()
    web.run_app(_app(size), host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    main()
