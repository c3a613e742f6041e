"""What breaks under a running server: its disk, its database, its life. All are told, and nothing is lost."""

import asyncio
import resource
import signal
import sqlite3
import time
import urllib.error
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from provserver.domain.catalogue import Catalogue
from provserver.simulation.fleet import SimulatedPhone, fleet
from provserver.simulation.setting_up import Operator
from tests.e2e.process import KEY, PATIENCE, Server, serving

_PHONES = 60
_LATER = 40  # devices that are added while the others boot


def _phone(server: Server, account: str, number: int) -> tuple[str, str]:
    """A device that is armed; its id and the path of its file."""
    mac = f"00041301{number:04}"
    device = server.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": mac}, account)["id"]
    return device, f"/snomD785-{mac.upper()}.htm"


def _patiently(server: Server, account: str, number: int) -> tuple[str, str]:
    """The same, again after every 503: the server gives up waiting for its disk sooner than a slow disk may take."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _phone(server, account, number)
        except urllib.error.HTTPError as refused:
            refused.close()
            if refused.code != 503 or time.monotonic() > deadline:
                raise


def _fetched(server: Server, path: str) -> bool:
    """A phone that is told to come back does, and gets its file in the end."""
    deadline = time.monotonic() + PATIENCE
    while (status := server.fetch(path)[0]) == 503 and time.monotonic() < deadline:
        time.sleep(0.1)
    return status == 200


def _fetches(server: Server, account: str, device: str, many: int) -> int:
    """How many are noted, once there are so `many`: to note them waits no longer for a slow disk than a phone does."""
    deadline = time.monotonic() + PATIENCE
    while True:
        events = server.call("GET", f"/v1/devices/{device}/events", account=account)["data"]
        noted = len([event for event in events if event["type"] == "config_fetch"])
        if noted >= many or time.monotonic() > deadline:
            return noted
        time.sleep(0.1)


def _refusal(server: Server, account: str, number: int) -> tuple[int, str | None]:
    """Status and Retry-After of a write by the API that must not succeed."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        _phone(server, account, number)
    with refused.value as answer:
        return answer.code, answer.headers["Retry-After"]


def _rows(folder: Path, query: str) -> list[Any]:
    """Read by another process's eyes, as an operator would."""
    with closing(sqlite3.connect(folder / "data" / "provserver.db")) as connection:
        return connection.execute(query).fetchall()


def _is_sound(folder: Path) -> None:
    assert _rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert _rows(folder, "PRAGMA foreign_key_check") == []


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Somebody else writes to the database, and takes his time."""
    connection = sqlite3.connect(folder / "data" / "provserver.db", isolation_level=None, timeout=PATIENCE)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@contextmanager
def _full_disk(server: Server, folder: Path) -> Iterator[None]:
    """No file of the server's grows any more."""
    size = (folder / "data" / "provserver.db-wal").stat().st_size
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("trouble", ["locked", "full"])
def test_while_nothing_can_be_written_known_phones_are_served_and_others_told_to_come_back(
    tmp_path: Path, trouble: str
) -> None:
    """An outage never looks like an unknown phone, is not waited out for ever, and is over when it is over."""
    with serving(tmp_path, PROVSERVER_DATABASE__WAIT="1") as server:
        account = server.call("POST", "/v1/accounts", {"name": "Acme"})["id"]
        known, known_path = _patiently(server, account, 1)
        fresh, fresh_path = _patiently(server, account, 2)
        assert _fetched(server, known_path)
        before = _rows(tmp_path, "SELECT count(*) FROM devices")
        with _locked(tmp_path) if trouble == "locked" else _full_disk(server, tmp_path):
            assert server.fetch(known_path)[0] == 200, "what is to be noted of it can wait"
            assert server.fetch(fresh_path)[0] == 503, "its first fetch would be forgotten"
            assert server.fetch("/snomD785-000413019999.htm")[0] == 404, "nobody's MAC stays nobody's"
            assert _refusal(server, account, 3) == (503, "5")
            assert server.call("GET", f"/v1/devices/{fresh}", account=account)["status"] == "pending-sync"
        assert _rows(tmp_path, "SELECT count(*) FROM devices") == before
        assert _fetched(server, fresh_path)
        _patiently(server, account, 3)
        assert _fetches(server, account, known, 2) == 2, "the fetch during the outage is noted after it"
        server.stop()
    _is_sound(tmp_path)


async def _storm(server: Server, phones: list[SimulatedPhone]) -> tuple[dict[str, str], set[str], dict[str, str]]:
    """Boot phones, add others beside them, and kill the server in the middle of it.

    Returns what was answered for: the MAC of each device, the MACs of phones that have their configuration, and the
    user of each device that got one.
    """
    devices: dict[str, str] = {}
    served: set[str] = set()
    assigned: dict[str, str] = {}
    enough, a_few_at_once = asyncio.Event(), asyncio.Semaphore(8)
    async with aiohttp.ClientSession() as http:
        operator = Operator(http, server.api, KEY)
        await operator.open_account("Acme")
        user = (await operator.call("POST", "/v1/users", {"name": "Ada", "extension": "101"}))["id"]

        async def add(phone: SimulatedPhone) -> None:
            made = await operator.call(
                "POST", "/v1/devices", {"type": phone.type, "mac_address": phone.mac, "vendor": phone.vendor}
            )
            devices[made["id"]] = phone.mac
            await operator.call("POST", f"/v1/devices/{made['id']}/users", {"user_id": user})
            assigned[made["id"]] = user

        async def boot(phone: SimulatedPhone) -> None:
            for file in phone.files:
                url = f"{server.phones}/{file.name}"
                async with a_few_at_once, http.get(url, headers={"User-Agent": phone.agent}) as answer:
                    await answer.read()
                if file.configures and answer.status == 200:
                    served.add(phone.mac)
            if len(served) >= _PHONES // 3:
                enough.set()

        for phone in phones[:_PHONES]:
            await add(phone)
        work = [asyncio.create_task(boot(phone)) for phone in phones[:_PHONES]]
        work += [asyncio.create_task(add(phone)) for phone in phones[_PHONES:]]
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
        server.process.send_signal(signal.SIGKILL)
        await asyncio.gather(*work, return_exceptions=True)
    return devices, served, assigned


def test_killed_in_a_boot_storm_it_has_kept_all_that_it_answered_for(tmp_path: Path, catalogue: Catalogue) -> None:
    """Power cuts come while everybody boots, since that is what they boot from."""
    phones = [one for one in fleet(catalogue, 4 * (_PHONES + _LATER), 1) if one.type == "deskphone"]
    with serving(tmp_path) as server:
        devices, served, assigned = asyncio.run(_storm(server, phones[: _PHONES + _LATER]))
        assert server.process.wait(PATIENCE) == -signal.SIGKILL
    assert served
    assert len(served) < _PHONES, "it was in the middle"
    with serving(tmp_path) as server:
        _is_sound(tmp_path)
        stored = dict(_rows(tmp_path, "SELECT id, mac FROM devices"))
        assert devices.items() <= stored.items(), "a device that was answered for is gone"
        assert assigned.items() <= dict(_rows(tmp_path, "SELECT device_id, user_id FROM assignments")).items()
        provisioned = {mac for (mac,) in _rows(tmp_path, "SELECT mac FROM devices WHERE status = 'provisioned'")}
        assert served <= provisioned, "a phone that has its configuration is pending again"
        halves = "SELECT id FROM devices WHERE (status = 'provisioned') != (last_provisioned_at IS NOT NULL)"
        assert _rows(tmp_path, halves) == []
        assert len(_rows(tmp_path, "SELECT DISTINCT device_id FROM events WHERE type = 'config_fetch'")) >= len(served)
        server.stop()
