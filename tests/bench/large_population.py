"""An SQLite database with a million devices: written by the driver itself, since nothing else is fast enough.

One account has a tenth of them, one a half, the others a hundred each or more; half have been provisioned, a user on
each.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import sqlite

from provserver.domain.device import Account, Device, DeviceStatus
from provserver.domain.ids import new_ordinal, ordinal_of
from provserver.domain.mac import Mac
from provserver.store import accounts
from provserver.store.database import Database
from provserver.store.device_rows import stored_device
from provserver.store.schema import devices, provisioned_spans, search_terms
from provserver.store.sealing import Sealer
from provserver.store.search import terms_of
from provserver.store.types import micros_of
from tests.bench.population import embedded
from tests.store import builders

_MODELS = (("snom", "D785"), ("snom", "D865"), ("yealink", "T54W"), ("yealink", "T46U"))
_BLOCKS = {"snom": 0x000413000000, "yealink": 0x805EC0100000}
_CHUNK = 20_000
_ROWS = dict[str, Any]
# Nobody has left yet, and no two have come at the same moment.
_COUNTED = """
INSERT INTO usage_steps (account_id, at, began, ended)
SELECT account_id, at, row_number() OVER (PARTITION BY account_id ORDER BY at), 0
FROM (SELECT account_id, min(started_at) AS at FROM provisioned_spans GROUP BY account_id, user_id);
INSERT INTO usage_totals (account_id, at, began, ended)
SELECT account_id, max(at), max(began), 0 FROM usage_steps GROUP BY account_id;
"""


@dataclass(frozen=True)
class LargePopulation:
    """`count` devices; `tenth` and `half` are the accounts that have so many of them."""

    count: int
    tenth: Account
    half: Account
    others: tuple[Account, ...]

    def phones_of_tenth(self) -> list[Mac]:
        """The Yealink T54W of that account."""
        return [Mac(f"{_BLOCKS['yealink'] + number:012x}") for number in range(10, self.count, 20)]

    def created_at(self, number: int) -> datetime:
        """When device `number` was made: one a second."""
        return builders.START + timedelta(seconds=number)

    def devices(self) -> Iterator[Device]:
        """Made from one of them for speed."""
        first = builders.device(self.tenth.id)
        for number in range(self.count):
            vendor, model = _MODELS[number % 4]
            at = self.created_at(number)
            yield replace(
                first,
                id=f"dev_{new_ordinal(at, (1 << 79 | number).to_bytes(10, 'big'))}",
                account_id=self._owner(number).id,
                mac=Mac(f"{_BLOCKS[vendor] + number:012x}"),
                vendor=vendor,
                model=model,
                name=f"Phone {number}",
                location=f"Room {number % 500}",
                status=DeviceStatus.PROVISIONED if number % 4 < 2 else DeviceStatus.PENDING_SYNC,
                created_at=at,
                updated_at=at,
            )

    def _owner(self, number: int) -> Account:
        if number % 10 == 0:
            return self.tenth
        return self.half if number % 2 else self.others[number // 1000 % len(self.others)]


async def populate_large(
    data_dir: Path, sealer: Sealer, count: int, on_progress: Callable[[int], None]
) -> LargePopulation:
    """Add that many devices to the migrated database in `data_dir`."""
    others = tuple(builders.account(name=f"Account {number}") for number in range(max(1, count // 250)))
    made = LargePopulation(count, builders.account(name="A tenth"), builders.account(name="A half"), others)
    database = Database.open(embedded(data_dir), sealer)
    async with database.write() as conn:
        for account in (made.tenth, made.half, *others):
            await accounts.insert_account(conn, account)
    await database.close()
    with sqlite3.connect(data_dir / "provserver.db") as file:
        file.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF")
        _fill(file, made, sealer, on_progress)
        file.executescript(_COUNTED)
        file.execute("ANALYZE")
    file.close()
    return made


def _fill(conn: sqlite3.Connection, made: LargePopulation, sealer: Sealer, on_progress: Callable[[int], None]) -> None:
    binders = {column.name: column.type.bind_processor(sqlite.dialect()) for column in devices.c if not column.computed}
    waiting, done = made.devices(), 0
    while chunk := list(islice(waiting, _CHUNK)):
        rows = (stored_device(device, sealer) for device in chunk)
        bound = [{name: bind(row[name]) if (bind := binders[name]) else row[name] for name in row} for row in rows]
        _insert(conn, devices, bound)
        terms = (term for device in chunk for term in _terms(device))
        _insert(conn, search_terms, sorted(terms, key=lambda row: (row["account_id"], row["term"])))
        provisioned = [device for device in chunk if device.status is DeviceStatus.PROVISIONED]
        _insert(conn, provisioned_spans, [_span(device, made.count) for device in provisioned])
        conn.commit()
        done += len(chunk)
        on_progress(done)


def _terms(device: Device) -> Iterator[_ROWS]:
    words = terms_of(device.name, device.vendor, device.model, device.location) | {device.id}
    if device.mac:
        words |= {device.mac.bare, device.mac.bare[-6:]}
    owner = {"account_id": device.account_id, "ordinal": ordinal_of(device.id), "device_id": device.id}
    return ({**owner, "term": word} for word in words)


def _span(device: Device, count: int) -> _ROWS:
    """A user that has another device too."""
    number = int((device.created_at - builders.START).total_seconds())
    user = f"user_{number % (count // 2 or 1)}"
    owner = {"device_id": device.id, "user_id": user, "account_id": device.account_id}
    return {**owner, "started_at": micros_of(device.created_at), "ended_at": None}


def _insert(conn: sqlite3.Connection, table: Any, rows: list[_ROWS]) -> None:
    names = [column.name for column in table.c if not column.computed]
    filled = ({**dict.fromkeys(names), **row} for row in rows)
    marks = ", ".join(f":{name}" for name in names)
    conn.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", filled)  # noqa: S608
