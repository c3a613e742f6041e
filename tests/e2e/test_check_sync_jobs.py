"""A job over a fleet, in a process that dies in the middle of it."""

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from provserver.config.loading import load_config
from provserver.database_setup import open_database
from provserver.domain.mac import Mac
from provserver.store import accounts, assignments, devices, layers, users
from tests.e2e.forked import Forked
from tests.e2e.process import PATIENCE, Server, environment, run, serving
from tests.e2e.scripted_phone import ScriptedPhone
from tests.store import builders

FLEET = 200
RATE = 10
TOLD = 20  # of the fleet, when the process dies: the others would take longer than a busy machine stands still


async def _store_fleet(folder: Path, port: int, size: int = FLEET) -> str:
    """An account with phones of one user each, all of whom the SIP server at `port` answers for; its id."""
    variables = {name: value for name, value in environment(folder).items() if name.startswith("PROVSERVER_")}
    account = builders.account()
    sip = {"domain": "pbx.example.com", "server": "127.0.0.1", "port": port, "transport": "udp"}
    async with open_database(load_config(None, variables)) as database, database.write() as conn:
        sealer = database.sealer
        await accounts.insert_account(conn, account)
        await layers.write_layer(conn, sealer, account.id, {"abstractions": {"sip": sip}}, at=builders.START)
        for number in range(size):
            device = builders.device(account.id, mac=Mac(f"000413{number:06x}"), vendor="snom", model="D785")
            user = builders.user(account.id, sip_username=f"u{number}")
            await devices.insert_device(conn, sealer, device)
            await users.insert_user(conn, sealer, user)
            await assignments.insert_assignment(conn, builders.assignment(device, user))
    return account.id


def _job(server: Server, account: str, job_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = server.call("GET", f"/v1/check_sync_jobs/{job_id}", account=account)
    return shown


def _hurry(folder: Path) -> None:
    """What is left of the job needs no time from now on: it was slow so that it could be met in the middle."""
    with closing(sqlite3.connect(folder / "data" / "provserver.db", timeout=PATIENCE)) as connection, connection:
        connection.execute("UPDATE check_sync_jobs SET rate_per_second = 200")


def _ended(server: Server, account: str, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        job = _job(server, account, job_id)
        if job["state"] != "running":
            return job
        time.sleep(0.2)
    raise AssertionError(job)


def test_a_job_over_200_devices_survives_a_kill_and_tells_no_phone_twice(tmp_path: Path) -> None:
    """Power fails in the middle: what was told is not told again, the rest is, and the rate is kept throughout."""
    assert run(tmp_path, "migrate").returncode == 0
    with ScriptedPhone() as phones:
        account = asyncio.run(_store_fleet(tmp_path, phones.port))
        with serving(tmp_path) as server:
            started = time.monotonic()
            job_id = server.call("POST", "/v1/check_sync_jobs", {"rate_per_second": RATE}, account)["id"]
            _until_heard(phones, TOLD)
            took = time.monotonic() - started
            server.stop(signal.SIGKILL)
            begun = RATE * (time.monotonic() - started) + 1
        before = len(phones.heard)
        assert TOLD <= before < FLEET, "it died in the middle"
        assert took > (TOLD - 2) / RATE, "no faster than was asked for"
        _hurry(tmp_path)
        with serving(tmp_path) as server:
            job = _ended(server, account, job_id)
            events = server.call("GET", "/v1/check_sync_jobs", account=account)["data"]
    told = Counter(notify.user for notify in phones.heard)
    assert max(told.values()) == 1, "nobody was told twice"
    interrupted = job["outcomes"].get("interrupted", 0)
    assert len(told) >= FLEET - interrupted
    assert interrupted <= begun, "only what was under way"
    assert (job["state"], job["done"], job["remaining"]) == ("completed", FLEET, 0)
    assert job["outcomes"]["delivered"] == FLEET - interrupted
    assert [item["id"] for item in events] == [job_id]


def test_a_stopped_server_goes_on_with_its_job_at_once(tmp_path: Path) -> None:
    """A restart for a new version leaves nothing half told, and the next process needs not wait for a lease to end."""
    assert run(tmp_path, "migrate").returncode == 0
    with ScriptedPhone() as phones:
        account = asyncio.run(_store_fleet(tmp_path, phones.port, 20))
        with serving(tmp_path) as server:
            job_id = server.call("POST", "/v1/check_sync_jobs", {"rate_per_second": 2}, account)["id"]
            _until_heard(phones, 3)
            assert server.stop() == 0
        begun = len(phones.heard)
        with closing(sqlite3.connect(tmp_path / "data" / "provserver.db")) as connection:
            leases = connection.execute("SELECT state, runner, lease_until FROM check_sync_jobs").fetchall()
        assert leases == [("running", None, None)]
        _hurry(tmp_path)
        with serving(tmp_path) as server:
            job = _ended(server, account, job_id)
    assert (job["state"], job["done"]) == ("completed", 20)
    assert job["outcomes"]["delivered"] >= 20 - begun, "only what was under way may be in doubt, where the disk is slow"
    told = Counter(notify.user for notify in phones.heard)
    assert (len(told), max(told.values())) == (20, 1)


def test_a_job_of_the_command_line_is_finished_by_the_server(tmp_path: Path) -> None:
    """The terminal is gone, the job is not: the server that runs beside takes it over."""
    assert run(tmp_path, "migrate").returncode == 0
    with ScriptedPhone() as phones:
        account = asyncio.run(_store_fleet(tmp_path, phones.port, 40))
        with serving(tmp_path) as server:
            process = _killed_command(tmp_path, phones)
            assert process == -signal.SIGKILL
            _hurry(tmp_path)
            [job] = server.call("GET", "/v1/check_sync_jobs", account=account)["data"]
            job = _ended(server, account, job["id"])
    told = Counter(notify.user for notify in phones.heard)
    assert max(told.values()) == 1
    assert job["done"] == 40


def _killed_command(folder: Path, phones: ScriptedPhone) -> int:
    with Path(os.devnull).open("w") as nowhere:
        outputs = nowhere.fileno(), nowhere.fileno()
        process = Forked(["check-sync", "--all", "--rate", "2"], folder, environment(folder), outputs)
    _until_heard(phones, 3)
    process.kill()
    return process.wait(PATIENCE)


def _until_heard(phones: ScriptedPhone, many: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(phones.heard) < many:
        assert time.monotonic() < deadline, f"only {len(phones.heard)} of {many} were told"
        time.sleep(0.01)
