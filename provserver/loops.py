"""The event loop that a server runs on."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import uvloop

from provserver.config import Config


def run_server(config: Config, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end: on uvloop, which needs half the time for a request, else on asyncio's own loop.

    uvloop tells as the other end of a connection what the system says, which with the PROXY protocol is the proxy, and
    its TLS asks more of its context than ours can give.
    """
    needs_own = config.phones.proxy_protocol or config.phones.tls.cert or config.api.tls.cert
    with asyncio.Runner(loop_factory=asyncio.new_event_loop if needs_own else uvloop.new_event_loop) as runner:
        runner.run(work)
