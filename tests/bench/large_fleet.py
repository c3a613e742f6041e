"""What a large database costs: `python -m tests.bench.large_fleet [devices] [folder]`.

Fills an SQLite database with that many devices (a million by default): one account has a tenth of them, one a half, the
others a hundred each; half have been provisioned, a user on each. Then it prints how long pages of lists, searches and
usage take at several depths, how long an account-level change takes and how long fetches are delayed by it, and how
many first contacts a second are made durable. A folder is kept, and not filled again where it has a database.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from provserver.domain.device import Account, Device, DeviceStatus
from provserver.domain.ids import new_ordinal, ordinal_of
from provserver.domain.mac import Mac
from provserver.services.contacts import ContactWriter
from provserver.services.records import Records
from provserver.store import accounts, device_lists, layers, usage
from provserver.store.database import Connection, Database
from provserver.store.device_lists import DeviceFilter
from provserver.store.device_rows import stored_device
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.pages import PageRequest
from provserver.store.schema import devices as devices_table
from provserver.store.schema import provisioned_spans, search_terms
from provserver.store.sealing import Sealer
from provserver.store.search import terms_of
from tests.store import builders

_BLOCK = 0x000413000000
_MODELS = (("snom", "D785"), ("snom", "D865"), ("yealink", "T54W"), ("yealink", "T46U"))
_CHUNK = 20_000


def _fleet(many: list[Account], count: int) -> Iterator[Device]:
    """Devices, made from one of them for speed."""
    first = builders.device(many[0].id)
    for number in range(count):
        vendor, model = _MODELS[number % 4]
        owner = many[0] if number % 10 == 0 else many[1] if number % 2 else many[2 + number // 1000 % (len(many) - 2)]
        done = number % 4 < 2
        at = builders.START + timedelta(seconds=number)
        yield replace(
            first,
            id=f"dev_{new_ordinal(at, number.to_bytes(10, 'big'))}",
            account_id=owner.id,
            mac=Mac(f"{_BLOCK + number:012x}"),
            vendor=vendor,
            model=model,
            name=f"Phone {number}",
            location=f"Room {number % 500}",
            status=DeviceStatus.PROVISIONED if done else DeviceStatus.PENDING_SYNC,
            created_at=at,
            updated_at=at,
        )


def _insert(conn: sqlite3.Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    names = [column.name for column in table.c]
    filled = ({**dict.fromkeys(names), **row} for row in rows)
    marks = ", ".join(f":{name}" for name in names)
    conn.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", filled)  # noqa: S608


def _fill(path: Path, sealer: Sealer, many: list[Account], count: int) -> None:
    conn = sqlite3.connect(path)
    conn.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF")
    processors = {c.name: c.type.bind_processor(_dialect()) for c in devices_table.c}
    held: dict[str, list[dict[str, Any]]] = {"devices": [], "terms": [], "spans": []}

    def flush() -> None:
        _insert(conn, devices_table, held["devices"])
        _insert(conn, search_terms, sorted(held["terms"], key=lambda row: (row["account_id"], row["term"])))
        _insert(conn, provisioned_spans, held["spans"])
        conn.commit()
        for rows in held.values():
            rows.clear()

    for number, device in enumerate(_fleet(many, count), start=1):
        row = stored_device(device, sealer)
        held["devices"].append({name: p(row[name]) if (p := processors[name]) else row[name] for name in row})
        words = terms_of(device.name, device.vendor, device.model, device.location) | {device.id}
        assert device.mac
        words |= {device.mac.bare, device.mac.bare[-6:]}
        owner = {"account_id": device.account_id, "ordinal": ordinal_of(device.id), "device_id": device.id}
        held["terms"] += [{**owner, "term": word} for word in words]
        if device.status is DeviceStatus.PROVISIONED:
            span = {"device_id": device.id, "user_id": f"user_{number % (count // 2 or 1)}", "ended_at": None}
            held["spans"].append({**span, "account_id": device.account_id, "started_at": number})
        if number % _CHUNK == 0:
            flush()
            print(f"\r{number:,} devices", end="", flush=True)
    flush()
    conn.execute("ANALYZE")
    conn.commit()
    conn.close()
    print()


def _dialect() -> Any:
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415

    return sqlite.dialect()


async def _timed(what: str, work: Callable[[], Awaitable[Any]], times: int = 5) -> None:
    await work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    print(f"{what:58} {sorted(taken)[times // 2]:8.1f} ms   worst {max(taken):8.1f}")


async def _reading(db: Database, many: list[Account], count: int) -> None:
    middle = new_ordinal(builders.START + timedelta(seconds=count // 2), bytes(10))
    oldest = new_ordinal(builders.START + timedelta(seconds=count // 100), bytes(10))
    window = device_lists.Window.of(PageRequest(100), devices_table.c.ordinal)

    async def page(account: Account, cursor: str | None, *, expect: bool = True, **chosen: Any) -> None:
        async with db.read() as conn:
            request = PageRequest(100, cursor)
            found = await device_lists.list_devices(conn, account.id, DeviceFilter(**chosen), request)
            assert bool(found.items) is expect

    def cursor(ordinal: str) -> str:
        return window._cursor("next", {devices_table.c.ordinal: ordinal})

    big = many[1]
    for depth, at in (("first page", None), ("in the middle", cursor(middle)), ("near the end", cursor(oldest))):
        await _timed(f"list of {count // 2:,}, {depth}", lambda at=at: page(big, at))
        narrow = {"vendor": "snom", "location": "Room 17"}
        await _timed(f"list by vendor and location, {depth}", lambda at=at, chosen=narrow: page(big, at, **chosen))
        await _timed(f"search for a broad word, {depth}", lambda at=at: page(big, at, search="phone"))
        await _timed(f"search for two broad words, {depth}", lambda at=at: page(big, at, search="phone d8"))
    nothing = {"vendor": "snom", "status": "pending-sync"}
    await _timed("list by two filters that exclude each other", lambda: page(big, None, expect=False, **nothing))
    await _timed("search for a rare word", lambda: page(big, None, search=f"phone {count // 2 + 1}"))
    await _timed("search for a location", lambda: page(big, None, search="room 17"))

    async def used(account_id: str | None) -> None:
        async with db.read() as conn:
            await usage.usage(
                conn, account_id, builders.START - timedelta(days=9999), builders.START + timedelta(days=9)
            )

    await _timed(f"usage of an account with {count // 10:,} devices", lambda: used(many[0].id))
    await _timed(f"usage of an account with {count // 2:,} devices", lambda: used(big.id))


async def _changing(db: Database, many: list[Account], count: int) -> None:
    """An account-level change while phones of that account fetch."""
    records, delays, ends = Records(db, 32_000_000), [], asyncio.Event()

    async def fetching() -> None:
        number = 0
        while not ends.is_set():
            number = (number + 10) % min(count, 50_000)
            began = time.perf_counter()
            await records.find(Mac(f"{_BLOCK + number:012x}"), None)
            delays.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0)

    async def change(conn: Connection) -> None:
        await layers.write_layer(conn, db.sealer, many[0].id, {"abstractions": {}}, at=builders.START)

    task = asyncio.create_task(fetching())
    await asyncio.sleep(0.5)
    await _timed(f"a change of an account with {count // 10:,} devices", lambda: db.settle(change), 9)
    ends.set()
    await task
    await records.close()
    print(
        f"{'fetches of its phones meanwhile':58} {sorted(delays)[len(delays) // 2]:8.1f} ms   worst {max(delays):8.1f}"
    )


async def _contacting(db: Database, many: list[Account], count: int, first: int) -> None:
    """First contacts of phones that all come at once, each waiting until its own is durable."""
    pending = [device for device in _fleet(many, count) if device.status is DeviceStatus.PENDING_SYNC][:first]
    writer, turn = ContactWriter(db), asyncio.Semaphore(500)
    writer.start()

    async def contact(device: Device) -> None:
        made = builders.contact(device, builders.after(9), provisions=True, stamp="s", etag="e", base_url="http://x")
        async with turn:
            await writer.submit_durably(made)

    cpu, began = time.process_time(), time.perf_counter()
    await asyncio.gather(*(contact(device) for device in pending))
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    await writer.stop()
    each = used / len(pending) * 1e6
    print(f"{'first contacts, durable':58} {len(pending) / seconds:8.0f} /s   {each:8.0f} µs of CPU each")


async def main(count: int, folder: Path) -> None:
    """Fill, then measure."""
    path, key = folder / "provserver.db", folder / "secret.key"
    many = [builders.account(name=f"Account {number}") for number in range(2 + max(1, count // 250))]
    fresh = not path.exists()
    if fresh:
        create_key_file(key)
    db = Database.open(f"sqlite+aiosqlite:///{path}", Sealer.from_key_file(key))
    if fresh:
        await migrate(db)
        async with db.write() as conn:
            for account in many:
                await accounts.insert_account(conn, account)
        began = time.perf_counter()
        await asyncio.to_thread(_fill, path, db.sealer, many, count)
        print(f"filled in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e9:.1f} GB")
    await _reading(db, many, count)
    await _changing(db, many, count)
    await _contacting(db, many, count, 20_000)
    await db.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    devices = int(arguments[0]) if arguments else 1_000_000
    if len(arguments) > 1:
        asyncio.run(main(devices, Path(arguments[1])))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(devices, Path(folder)))
