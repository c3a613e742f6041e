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

import structlog
from aiohttp import ClientSession

from provserver.config import Api, Config, Phones
from provserver.database_setup import open_database, prepare
from provserver.domain.guessing import Guesses
from provserver.domain.mac import Mac
from provserver.process import run
from provserver.store import accounts, devices
from tests.phones import digest_client
from tests.store import builders

_DEVICES = 400
_ROUNDS = 600
_SETTINGS = Phones.model_validate(
    {"host": "127.0.0.1", "port": 0, "auth": "token,digest", "guessing": {"exempt": "127.0.0.0/8"}}
)


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


async def _measure(client: ClientSession) -> dict[str, list[float]]:
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


async def _store_phones(config: Config) -> None:
    tenant = builders.account()
    async with open_database(config) as database, database.write() as conn:
        await accounts.insert_account(conn, tenant)
        for number in range(_DEVICES):
            phone = builders.device(tenant.id, mac=Mac(_known(number)), vendor="snom", token=f"token {number}")
            await devices.insert_device(conn, database.sealer, phone)


async def timing() -> None:
    """Ask a real listener."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data_dir=Path(folder), phones=_SETTINGS, api=Api(port=0))
        await prepare(config)
        await _store_phones(config)
        async with run(config) as where, ClientSession(where.phones) as client:
            times = await _measure(client)
    _report(times, KINDS)
    _report(times, CHALLENGED)


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
