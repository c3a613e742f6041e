"""Runs several processes as one server: one for the API, the others for phones. Dead processes are restarted.

The supervisor opens and keeps the sockets, one set per process (SO_REUSEPORT), so that no connection is refused during
a restart: the kernel distributes connections over the sets, and pending ones wait for the next process.
"""

import asyncio
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

import structlog
import uvloop

from provserver.config import Config
from provserver.domain.errors import BadConfiguration, ProvserverError
from provserver.foundation import Vendors, load_vendors
from provserver.listeners import API, OLD_PHONES, PHONES, Addresses, addresses, open_sockets
from provserver.logs import configure_logging
from provserver.metrics_folder import MetricsFolder
from provserver.process import Role, run
from provserver.store.shared_cache import SharedCacheFolder

LoadConfig = Callable[[], Config]

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}
_START_SECONDS = 60.0
_DRAIN_SECONDS = 15.0
_YOUNG_SECONDS = 5.0  # a process that dies sooner is restarted only after a pause
_PAUSE_SECONDS = 1.0

_log = structlog.get_logger("supervisor")


@dataclass(slots=True)
class Place:
    """A process slot: its role, and the process that currently fills it."""

    name: str
    role: Role
    pid: int = 0
    since: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs processes until SIGTERM or SIGINT. On SIGHUP each is replaced by a new one with a reloaded configuration.

    A replacement for a worker that died gets the configuration and the vendor files of the others, not what is in the
    files by then: that may be half written.

    It has no event loop and no threads, so that it can fork safely.
    """

    config: Config
    vendors: Vendors
    load: LoadConfig
    places: Sequence[Place]
    leaving: set[int] = field(default_factory=set)
    lifeline: tuple[int, int] = field(default_factory=os.pipe)

    def start(self) -> None:
        """Start all processes. If one fails, the others are stopped and `BadConfiguration` is raised."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        forked = [self._forked(place, self.config, self.vendors) for place in self.places]
        for place, (pid, ready) in zip(self.places, forked, strict=True):
            place.pid, place.since = self._once_ready(pid, ready) or 0, time.monotonic()
        failed = [place.name for place in self.places if not place.pid]
        if failed:
            self.stop()
            raise BadConfiguration(f"did not start: {', '.join(failed)}; see their messages above")

    def supervise(self) -> None:
        """Handle signals until told to stop; returns when all processes have ended."""
        while True:
            number = signal.sigwait(_SIGNALS)
            if number == signal.SIGCHLD:
                self._replace_dead()
            elif number == signal.SIGHUP:
                self._renew()
            else:
                self.stop()
                return

    def stop(self) -> None:
        """Terminate all processes and wait; after a timeout they are killed."""
        waiting = {place.pid for place in self.places if place.pid} | self.leaving
        for pid in waiting:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + _DRAIN_SECONDS
        while waiting:
            waiting -= _reaped()
            if waiting and time.monotonic() > until:
                for pid in waiting:
                    os.kill(pid, signal.SIGKILL)
            if waiting:
                signal.sigtimedwait({signal.SIGCHLD}, 0.2)

    def _replace_dead(self) -> None:
        gone = _reaped()
        self.leaving -= gone
        for place in self.places:
            if place.pid and place.pid not in gone:
                continue
            if place.pid:
                _log.error("worker_died", worker=place.name, pid=place.pid)
            if time.monotonic() - place.since < _YOUNG_SECONDS:
                time.sleep(_PAUSE_SECONDS)
            place.pid, place.since = self._started(place, self.config, self.vendors) or 0, time.monotonic()
            if not place.pid:
                os.kill(os.getpid(), signal.SIGCHLD)  # retry in the next iteration

    def _renew(self) -> None:
        try:
            config = self.load()
            vendors = load_vendors(config)
        except ProvserverError as error:
            _log.error("workers_not_renewed", reason=error.message)
            return
        renewed = [self._is_renewed(place, config, vendors) for place in self.places]
        if all(renewed):
            self.config, self.vendors = config, vendors
            configure_logging(config.log)
            _log.warning("workers_renewed")

    def _is_renewed(self, place: Place, config: Config, vendors: Vendors) -> bool:
        successor = self._started(place, config, vendors)
        if successor is None:
            _log.error("worker_not_renewed", worker=place.name, kept=place.pid)
            return False
        if place.pid:
            os.kill(place.pid, signal.SIGTERM)
            self.leaving.add(place.pid)
        place.pid, place.since = successor, time.monotonic()
        return True

    def _started(self, place: Place, config: Config, vendors: Vendors) -> int | None:
        return self._once_ready(*self._forked(place, config, vendors))

    def _forked(self, place: Place, config: Config, vendors: Vendors) -> tuple[int, int]:
        """Fork a process; returns its pid and a file descriptor that becomes readable when it is ready."""
        ready, tell_ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(ready)
            os.close(self.lifeline[1])
            os._exit(_serve(config, vendors, place.role, self.lifeline[0], tell_ready))
        os.close(tell_ready)
        return pid, ready

    def _once_ready(self, pid: int, ready: int) -> int | None:
        """The pid when the process is ready; None on failure or timeout."""
        try:
            told = select.select([ready], [], [], _START_SECONDS)[0] and os.read(ready, 1)
        finally:
            os.close(ready)
        if told:
            return pid
        os.kill(pid, signal.SIGKILL)
        self.leaving.add(pid)
        return None


def plan(
    config: Config, vendors: Vendors, workers: int, load: LoadConfig, folder: Path
) -> tuple[Supervisor, Addresses]:
    """Open the sockets for the API process and `workers` phone processes. Raises `BadConfiguration`.

    `folder` is for their metrics and the shared file cache.
    """
    ports: dict[str, int] = {}
    shared_cache = SharedCacheFolder.new(folder / "files")
    shared_cache.folder.mkdir(mode=0o700)

    def opened(section: str) -> list[socket]:
        sockets = open_sockets(config, section, port=ports.get(section), shared=True)
        ports[section] = int(sockets[0].getsockname()[1])
        return sockets

    def place(name: str, sockets: Mapping[str, Sequence[socket]]) -> Place:
        return Place(name, Role(PHONES in sockets, API in sockets, sockets, MetricsFolder(folder, name), shared_cache))

    sections = [PHONES] if config.phones.tls.compatibility_port is None else [PHONES, OLD_PHONES]
    places = [place("api", {API: opened(API)})]
    places += [
        place(f"phones-{number}", {section: opened(section) for section in sections})
        for number in range(1, workers + 1)
    ]
    return Supervisor(config, vendors, load, places), addresses(config, ports)


def _serve(config: Config, vendors: Vendors, role: Role, lifeline: int, tell_ready: int) -> int:
    """Run a child process; returns its exit code."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    configure_logging(config.log)
    try:
        uvloop.run(_serve_until_told(config, vendors, role, lifeline, tell_ready))
    except ProvserverError as error:
        _log.error("cannot_start", reason=error.message)
        return 1
    except Exception:  # noqa: BLE001 - reported to the supervisor by the exit code
        _log.exception("worker_failed")
        return 1
    return 0


async def _serve_until_told(config: Config, vendors: Vendors, role: Role, lifeline: int, tell_ready: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(lifeline, stop.set)  # readable when the supervisor has died
    async with run(config, role, vendors=vendors):
        os.write(tell_ready, b"!")
        await stop.wait()


def _reaped() -> set[int]:
    """Reap all children that have ended; returns their pids."""
    gone: set[int] = set()
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return gone
        if pid == 0:
            return gone
        gone.add(pid)


def tell_listening(config: Config, where: Addresses) -> None:
    """Log the addresses, for people and scripts."""
    _log.info("listening", phones=where.phones, api=where.api, proofs=",".join(config.phones.auth))
