"""Several processes as one server: what is written in one is seen by all, and none of them is missed."""

import asyncio
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from .process import PATIENCE, Server, run, serving, wait_for

MAC = "000413aabbcc"
COUNTED = "805ec0aabbcc"
_COUNT = re.compile(r'provserver_phone_requests_total\{.*vendor="yealink"')
AGENT = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413AABBCC SXM:0 UXM:0)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started once: each start is that of three processes."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "templates" / "snom").mkdir(parents=True)
    (folder / "config.yaml").write_text("log: {format: text}\ncatalog: {templates: [templates]}\n")
    with serving(folder, "--workers", "2", PROVSERVER_PHONES__AUTH="open") as server:
        yield server


@pytest.fixture(scope="module")
def account(server: Server) -> str:
    """An account with a phone."""
    account = str(server.call("POST", "/v1/accounts", {"name": "Acme"})["id"])
    server.call("POST", "/v1/devices", {"mac_address": MAC, "model": "D785"}, account)
    return account


def children(server: Server) -> set[int]:
    listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return {int(pid) for pid in listed}


FILE = f"/snomD785-{MAC.upper()}.htm"


async def fetched(session: aiohttp.ClientSession, server: Server, file: str = FILE, agent: str = AGENT) -> str:
    async with session.get(server.phones + file, headers={"User-Agent": agent}) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


def test_a_change_reaches_every_worker_and_all_of_them_are_counted(server: Server, account: str) -> None:
    """It has a phone of another vendor, which no other test lets fetch, so that its fetches can be told from theirs."""
    server.call("POST", "/v1/devices", {"mac_address": COUNTED, "model": "T46S"}, account)
    own = f"/{COUNTED}.cfg", f"Yealink SIP-T46S 66.86.0.15 {COUNTED}"

    async def storm() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            for number in range(6):
                marker = f"ntp{number}.example.net"
                patch = {"abstractions": {"network": {"ntp_server": marker}}}
                await asyncio.to_thread(server.call, "POST", "/v1/account/config", patch, account)
                files = await asyncio.gather(*(fetched(session, server, *own) for _ in range(8)))
                assert all(marker in file for file in files)

    asyncio.run(storm())
    served = _served(server)
    assert set(served) == {"phones-1", "phones-2"}, served
    assert sum(served.values()) == 48


def _served(server: Server) -> dict[str, int]:
    """Requests of the counted phone by worker, once the last of them has been counted."""
    for _ in range(600):
        with urllib.request.urlopen(server.api + "/metrics", timeout=PATIENCE) as answer:  # noqa: S310 - our own address
            lines = answer.read().decode().splitlines()
        counts = [line for line in lines if _COUNT.match(line)]
        served = {line.partition('worker="')[2].partition('"')[0]: int(float(line.split()[-1])) for line in counts}
        if sum(served.values()) == 48:
            break
        time.sleep(0.1)
    return served


@pytest.mark.usefixtures("account")
def test_a_worker_that_is_killed_is_replaced_and_nobody_else_notices(server: Server) -> None:
    """Also while somebody edits configuration and templates: what is half written counts once SIGHUP asks for it."""
    config = server.stderr.with_name("config.yaml")
    before, victim = config.read_text(), max(children(server))
    template = config.with_name("templates") / "snom" / "settings.xml.j2"
    template.write_text("{% if %}")
    config.write_text("phones: [")
    os.kill(victim, signal.SIGKILL)
    wait_for(server, "worker_died")
    deadline = time.monotonic() + PATIENCE
    while len(children(server) - {victim}) < 3:
        assert time.monotonic() < deadline, "nobody came in its place"
        time.sleep(0.05)

    async def all_served() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            await asyncio.gather(*(fetched(session, server) for _ in range(20)))

    asyncio.run(all_served())
    served = children(server)
    server.process.send_signal(signal.SIGHUP)
    assert "not readable as YAML" in wait_for(server, "workers_not_renewed")
    assert children(server) == served
    template.unlink()
    config.write_text(before)


@pytest.mark.usefixtures("account")
def test_sighup_renews_every_process_and_refuses_no_connection(server: Server) -> None:
    """They read the configuration anew, and how the log is written is part of it."""
    before = children(server)
    server.stderr.with_name("config.yaml").write_text("log: {format: json}\n")

    async def renewed_under_load() -> None:
        """Every process is renewed while phones connect; any of them that is refused fails here."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            server.process.send_signal(signal.SIGHUP)
            while "workers_renewed" not in server.said() or children(server) & before:
                await asyncio.gather(*(fetched(session, server) for _ in range(4)))

    asyncio.run(asyncio.wait_for(renewed_under_load(), PATIENCE))
    assert len(children(server)) == 3
    assert '"event":"phone_request"' in server.said()


def test_workers_of_a_killed_supervisor_end_by_themselves(tmp_path: Path) -> None:
    """Else they would hold the port against the next start."""
    with serving(tmp_path, "--workers", "2") as server:
        pids = children(server)
        server.stop(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_the_first_key_is_shown_once_and_sigterm_ends_every_process(tmp_path: Path) -> None:
    """One worker is enough for the API to have a process of its own, which phones do not keep busy."""
    with serving(tmp_path, "--workers", "1", PROVSERVER_API__BOOTSTRAP_KEY="") as server:
        assert wait_for(server, "sk_live_").count("runs for the first time") == 1
        pids = children(server)
        assert len(pids) == 2
        assert server.stop() == 0
        assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_taken_port_starts_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run(tmp_path, "serve", "--workers", "2", PROVSERVER_API__PORT=port)
    assert refused.returncode == 1
    assert "api.host/port: cannot listen" in refused.stderr
