"""How long the largest DECT system takes: `python -m tests.bench.dect_system [handsets] [bases]`.

An M900 system is stored, then its data master fetches its file over a real socket, twice. Printed are the time and the
processor time of the first fetch (which renders) and of the second (which does not), the bytes, what the first added to
the peak of the process's memory, and the longest time for which the event loop answered nobody.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

import structlog
from aiohttp import ClientSession

from provserver.config import Api, Config, Phones
from provserver.database_setup import open_database, prepare
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.mac import Mac
from provserver.process import run
from provserver.store import accounts, assignments, devices, layers, users
from provserver.store.database import Database
from tests.store import builders

_TICK = 0.001
_BLOCK = 0x000413B60000


async def _store_system(database: Database, handsets: int, bases: int) -> Device:
    account = builders.account()
    master = builders.device(
        account.id,
        type=DeviceType.DECT_BASE,
        mac=Mac(f"{_BLOCK:012x}"),
        vendor="snom",
        model="M900",
        token="t" * 32,
        multicell_role=MulticellRole.DATA_MASTER,
        chain_id="20461",
    )
    async with database.write() as conn:
        await accounts.insert_account(conn, account)
        document = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}
        await layers.write_layer(conn, database.sealer, account.id, document, at=builders.START)
        await devices.insert_device(conn, database.sealer, master)
        for number in range(1, bases):
            secondary = {"multicell_role": MulticellRole.SECONDARY, "data_master_id": master.id, "vendor": "snom"}
            mac = Mac(f"{_BLOCK + number:012x}")
            base = builders.device(account.id, type=DeviceType.DECT_BASE, mac=mac, **secondary)
            await devices.insert_device(conn, database.sealer, base)
        for slot in range(1, handsets + 1):
            handset = builders.handset(master, slot_number=slot, ipei=f"0328A{slot:05X}")
            user = builders.user(account.id, name=f"User {slot}", extension=str(10_000 + slot))
            await devices.insert_device(conn, database.sealer, handset)
            await users.insert_user(conn, database.sealer, user)
            line = builders.assignment(handset, user, account_number=slot)
            await assignments.insert_assignment(conn, line)
    return master


async def _longest_gap(stop: asyncio.Event) -> float:
    """The longest time between two turns of the event loop beyond the tick, in seconds."""
    longest, before = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(_TICK)
        now = time.perf_counter()
        longest, before = max(longest, now - before - _TICK), now
    return longest


async def _fetch(client: ClientSession, path: str, name: str) -> None:
    stop = asyncio.Event()
    watch = asyncio.create_task(_longest_gap(stop))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.perf_counter(), time.process_time()
    async with client.get(path) as answer:
        size = len(await answer.read())
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    stop.set()
    gap = await watch
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    print(
        f"{name}: {answer.status}, {size:,} bytes, {seconds:.2f} s ({processor:.2f} s processor), "
        f"memory +{grown:.0f} MB, event loop held at most {gap * 1000:.0f} ms"
    )


async def main(handsets: int, bases: int) -> None:
    """Store the system, fetch its file twice, print."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with tempfile.TemporaryDirectory() as folder:
        phones = Phones(host="127.0.0.1", port=0, patience=60)
        config = Config(data_dir=Path(folder), phones=phones, api=Api(port=0))
        await prepare(config)
        async with open_database(config) as database:
            master = await _store_system(database, handsets, bases)
        async with run(config) as where, ClientSession(where.phones) as client:
            print(f"M900, {bases} bases, {handsets} handsets")
            path = f"/p/{master.token}/{master.mac.upper if master.mac else ''}.htm"
            await _fetch(client, path, "first fetch ")
            await _fetch(client, path, "second fetch")


if __name__ == "__main__":
    counts = [int(argument) for argument in sys.argv[1:]] + [1000, 254][len(sys.argv) - 1 :]
    asyncio.run(main(*counts))
