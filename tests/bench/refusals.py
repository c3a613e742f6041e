"""Prints whether a guesser could tell refusals apart by their time, and what remembering guessers costs.

    python -m tests.bench.refusals

Every kind of refusal is asked for in turns, each time for another MAC, on a real socket. `tells` is how often a
request for a known MAC took longer than one of that kind: 0.50 tells nothing. Then a million made-up MACs come from ten
thousand addresses, and the memory that they leave behind is told.
"""

import asyncio
import random
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import structlog
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from provserver.config import Config, Phones
from provserver.domain.guessing import Guesses
from provserver.domain.mac import Mac
from provserver.foundation import load_vendors
from provserver.garbage import settle_memory
from provserver.phones.app import PhoneFace, build_phones
from provserver.phones.metrics import PhoneMetrics
from provserver.services.devices.uploads import FileFolder
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.protection.admission import Admission
from provserver.services.sources import Sources
from provserver.store import accounts, devices
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.sealing import Sealer
from tests.listener import make_provisioning
from tests.phones import digest_client
from tests.store import builders

_DEVICES = 400
_ROUNDS = 600
_SETTINGS = Phones.model_validate({"auth": "token,digest", "guessing": {"exempt": "127.0.0.0/8"}})


def _known(number: int) -> str:
    return f"0004131{number % _DEVICES:05x}"


def _unknown(number: int) -> str:
    return f"0004132{number:05x}"


def _request(kind: str, number: int) -> tuple[str, dict[str, str]]:
    """Path and headers of one refusal."""
    mac = _unknown(number) if "unknown" in kind else _known(number)
    file = f"snomD785-{mac.upper()}.htm"
    if "token" in kind:
        return f"/p/{number:032d}/{file}", {}
    if "digest" in kind:
        offered = {"realm": "provserver", "algorithm": "SHA-256", "nonce": "A" * 40}
        return f"/d/{file}", {"Authorization": digest_client.answer(offered, mac, "wrong", f"/d/{file}")}
    return f"/{file}", {}


KINDS = ("known MAC", "unknown MAC", "known MAC, wrong token", "unknown MAC, wrong token")
CHALLENGED = ("known MAC, wrong digest", "unknown MAC, wrong digest")


async def _measure(client: TestClient[Any, Any]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {kind: [] for kind in (*KINDS, *CHALLENGED)}
    for number in range(_ROUNDS):
        kinds = list(times)
        random.shuffle(kinds)
        for kind in kinds:
            path, headers = _request(kind, number)
            started = time.perf_counter()
            async with client.get(path, headers=headers) as answer:
                await answer.read()
            times[kind].append(time.perf_counter() - started)
            assert answer.status == (401 if kind in CHALLENGED else 404)
    return times


def _report(times: dict[str, list[float]], kinds: tuple[str, ...]) -> None:
    known = times[kinds[0]]
    for kind in kinds:
        taken = times[kind]
        longer = [one > other for one in random.sample(known, 500) for other in random.sample(taken, 500)]
        middle, last = statistics.median(taken) * 1000, statistics.quantiles(taken, n=20)[-1] * 1000
        print(f"{kind:28} median {middle:6.2f} ms  95 % {last:6.2f} ms  tells {statistics.fmean(longer):.2f}")


async def timing() -> None:
    """Ask a real listener."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        create_key_file(Path(folder) / "secret.key")
        sealer = Sealer.from_key_file(Path(folder) / "secret.key")
        database = Database.open(f"sqlite+aiosqlite:///{folder}/provserver.db", sealer)
        await migrate(database)
        tenant = builders.account()
        async with database.write() as conn:
            await accounts.insert_account(conn, tenant)
            for number in range(_DEVICES):
                phone = builders.device(tenant.id, mac=Mac(_known(number)), vendor="snom", token=f"token {number}")
                await devices.insert_device(conn, sealer, phone)
        catalogue, renderer = load_vendors(Config())
        contacts, unknown = ContactWriter(database), UnknownDevices(database, 10_000)
        recorder = (contacts, unknown)
        provisioning = make_provisioning(database, catalogue, renderer, recorder, Sources(), settings=_SETTINGS)
        contacts.start()
        unknown.start()
        files, admission = FileFolder(Path(folder) / "files"), Admission(2_000, 60)
        face = PhoneFace(provisioning, PhoneMetrics(CollectorRegistry()), None, (), files, admission)
        async with TestClient(TestServer(build_phones(face))) as client:
            settle_memory()
            times = await _measure(client)
        _report(times, KINDS)
        _report(times, CHALLENGED)
        await contacts.stop()
        await unknown.stop()
        await database.close()


def memory() -> None:
    """A million MACs from ten thousand addresses."""
    guesses = Guesses(Phones().guessing.limit, Phones().guessing.window)
    tracemalloc.start()
    started, most = time.perf_counter(), 0
    for number in range(1_000_000):
        address = f"10.{number % 4}.{number % 50}.{number % 200}" if number % 2 else f"2001:db8:0:{number % 5000:x}::1"
        mac = random.randrange(2**24)  # noqa: S311 - made up
        guesses.failed(address, f"000413{mac:06x}", number / 1000)
        most = max(most, len(guesses))
    seconds, (now, peak) = time.perf_counter() - started, tracemalloc.get_traced_memory()
    print(f"1,000,000 MACs: {seconds:.0f} s (traced), at most {most:,} remembered,", end=" ")
    print(f"{now / 2**20:.1f} MB at the end, {peak / 2**20:.1f} MB at most")


if __name__ == "__main__":
    asyncio.run(timing())
    memory()
