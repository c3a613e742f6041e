"""The listener of phones for a test client."""

from typing import Any

from aiohttp.test_utils import TestServer
from aiohttp.web import AppRunner

from provserver.phones.app import RESPONSE_CACHE
from provserver.phones.connection import PhoneRunner, Reply


class PhoneServer(TestServer):
    """The phone listener on a port of its own, with connections as the server has them.

    `from_cache` counts the requests that were answered before aiohttp looked at them.
    """

    from_cache = 0

    async def _make_runner(self, **settings: Any) -> AppRunner:
        response_cache = self.app[RESPONSE_CACHE]
        reply = response_cache._reply

        def counted(ready: Any, started: float) -> Reply | None:
            found = reply(ready, started)
            self.from_cache += found is not None
            return found

        response_cache._reply = counted  # type: ignore[method-assign]  # only looked at on its way
        return PhoneRunner(self.app, response_cache.answer, **settings)
