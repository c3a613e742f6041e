"""Opens the configured listeners, with their TLS settings."""

import asyncio
import resource
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from socket import socket
from types import MappingProxyType
from typing import Any

import structlog
from aiohttp import web

from provserver.config import Config, Tls
from provserver.domain.errors import BadConfiguration
from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.http_log import http_logger
from provserver.listening.identity import Identity
from provserver.listening.reloading import Reloader
from provserver.listening.site import Site, listening_sockets
from provserver.listening.tls_setup import TlsFiles, TlsSetup
from provserver.phones.app import RESPONSE_CACHE
from provserver.phones.connection import PhoneRunner

_DRAIN_SECONDS = 5
_SILENCE_SECONDS = 30  # time for a complete request head, and idle time between requests
_LONGEST_HEADER = 16 * 1024  # a proxy may pass a certificate chain in one header
_HTTP: dict[str, Any] = {
    "access_log": None,
    "shutdown_timeout": _DRAIN_SECONDS,
    "keepalive_timeout": _SILENCE_SECONDS,
    "tcp_keepalive": False,  # idle connections are closed long before TCP keep-alive would start
    "max_field_size": _LONGEST_HEADER,
}

_log = structlog.get_logger("server")


PHONES, OLD_PHONES, API = "phones", "phones.tls.compatibility", "api"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of the phone listener and the API."""

    phones: str
    api: str


def addresses(config: Config, ports: Mapping[str, int]) -> Addresses:
    """The URLs of listeners on these ports."""
    mine, theirs = config.phones, config.api
    return Addresses(
        mine.public_url or f"{_scheme(mine.tls)}://{reachable(mine.host)}:{ports[PHONES]}",
        f"{_scheme(theirs.tls)}://{reachable(theirs.host)}:{ports[API]}",
    )


def open_sockets(config: Config, section: str, *, port: int | None = None, shared: bool = False) -> list[socket]:
    """Open the sockets of a section; `port` overrides the configured one. Raises `BadConfiguration` naming the keys."""
    places = {
        PHONES: (config.phones.host, config.phones.port),
        OLD_PHONES: (config.phones.host, config.phones.tls.compatibility_port or 0),
        API: (config.api.host, config.api.port),
    }
    host, configured = places[section]
    chosen = configured if port is None else port
    try:
        return listening_sockets(host, chosen, shared=shared)
    except OSError as error:
        raise BadConfiguration(f"{section}.host/port: cannot listen on {host}:{chosen}: {error.strerror}") from None


class Listeners:
    """Opens listeners, which are closed by `stack`, and keeps their certificates up to date."""

    def __init__(
        self,
        stack: AsyncExitStack,
        config: Config,
        vendor_named: Callable[[str], str | None],
        given: Mapping[str, Sequence[socket]] = MappingProxyType({}),
    ) -> None:
        """Read certificates, keys and CAs. Raises `BadConfiguration` naming the file.

        `given`: sockets already opened by another process, by section.
        """
        self._stack = stack
        self._given = given
        self._config = config
        self.phones, self._api = tls_setups(config, vendor_named)
        _allow_many_files()

    async def open(self, phones: web.Application | None, api: web.Application | None) -> Addresses:
        """Start the given applications. Raises `BadConfiguration` naming the keys."""
        ports = {PHONES: await self._open_phones(phones) if phones else 0, API: await self._open_api(api) if api else 0}
        self._keep_up_to_date()
        return addresses(self._config, ports)

    async def _open_phones(self, app: web.Application) -> int:
        mine = self._config.phones
        proxies = mine.trusted_proxies if mine.proxy_protocol else ()
        # Both phone ports use one application, so they share metrics and caches.
        runner = PhoneRunner(app, app[RESPONSE_CACHE].answer, **_HTTP, logger=http_logger())
        await self._set_up(runner)
        connections = ConnectionLimit(mine.max_connections)
        phones_at = ListenerPolicy(connections=connections, tls=self.phones.modern, proxies=proxies)
        port = await self._listen(runner, PHONES, phones_at)
        if mine.tls.compatibility_port is not None:
            old_at = ListenerPolicy(connections=connections, tls=self.phones.old_phones, proxies=proxies)
            old = await self._listen(runner, OLD_PHONES, old_at)
            _log.warning("weak_tls", port=old, allows="TLS 1.0, TLS 1.1, RSA key exchange, SHA-1; only for old phones")
        return port

    async def _open_api(self, app: web.Application) -> int:
        runner = web.AppRunner(app, **_HTTP, logger=http_logger())
        await self._set_up(runner)
        policy = ListenerPolicy(connections=ConnectionLimit(self._config.api.max_connections), tls=self._api.modern)
        return await self._listen(runner, API, policy)

    async def _set_up(self, runner: web.AppRunner) -> None:
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)

    async def _listen(self, runner: web.AppRunner, section: str, policy: ListenerPolicy) -> int:
        site = Site(runner, section, policy)
        given = self._given.get(section, ())
        opened = await site.accept_on(given or await asyncio.to_thread(open_sockets, self._config, section))
        self._stack.push_async_callback(site.close)
        return opened

    def _keep_up_to_date(self) -> None:
        setups = (self.phones, self._api)

        def files() -> Iterator[Path]:
            return chain.from_iterable(setup.files() for setup in setups)

        def load() -> None:
            for setup in setups:
                setup.load()

        reloader, loop = Reloader(files, load), asyncio.get_running_loop()
        if any(True for _ in files()):
            watching = loop.create_task(reloader.watch())
            self._stack.callback(watching.cancel)
        hangups: set[asyncio.Task[None]] = set()

        def hang_up() -> None:
            task = loop.create_task(reloader.reload())
            hangups.add(task)
            task.add_done_callback(hangups.discard)

        loop.add_signal_handler(signal.SIGHUP, hang_up)
        self._stack.callback(loop.remove_signal_handler, signal.SIGHUP)


def tls_setups(config: Config, vendor_named: Callable[[str], str | None]) -> tuple[TlsSetup, TlsSetup]:
    """The TLS settings of phones and API. Raises `BadConfiguration` naming the invalid file."""
    tls = config.phones.tls
    return (
        TlsSetup(TlsFiles(_identities(tls), tls.client_ca_dir, tls.session_tickets), vendor_named),
        TlsSetup(TlsFiles(_identities(config.api.tls)), vendor_named),
    )


def _identities(tls: Tls) -> list[Identity]:
    return [Identity(certificate, key) for certificate, key in zip(tls.cert, tls.key, strict=True)]


def _allow_many_files() -> None:
    """Raise the soft limit of open files, usually 1024, as every connection needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _scheme(tls: Tls) -> str:
    return "https" if tls.cert else "http"


def reachable(host: str) -> str:
    """The address under which a listener on `host` can be reached, for URLs."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - only compared
    return f"[{address}]" if ":" in address else address
