"""A database full of devices, written as rows by the thousand."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from provserver.domain.device import Device
from provserver.domain.mac import Mac
from provserver.store import accounts, layers
from provserver.store.database import Connection, Database
from provserver.store.device_rows import stored_device
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.schema import assignments, devices
from provserver.store.sealing import Sealer
from provserver.store.users import insert_user
from tests.store import builders

LINES = 16
_BLOCK = 0x805EC0000000  # Yealink
_CHUNK = 5_000
_MODEL, _FIRMWARE = "T46S", "66.86.0.15"


@dataclass(frozen=True)
class Phone:
    """A phone that benchmarks fetch for: `path` is its configuration, behind its token."""

    mac: Mac
    token: str

    @property
    def path(self) -> str:
        return f"/p/{self.token}/{self.mac.bare}.cfg"

    @property
    def first_path(self) -> str:
        """What it asks for before it knows its token."""
        return f"/{self.mac.bare}.cfg"


AGENT = {"User-Agent": f"Yealink SIP-{_MODEL} {_FIRMWARE}"}


@dataclass(frozen=True)
class Population:
    """`account_id` has all devices; `phones` are those with every line taken, which benchmarks ask for."""

    account_id: str
    phones: tuple[Phone, ...]


def key_file_of(data_dir: Path) -> Path:
    """The key file of this data directory, both made where they are not there."""
    data_dir.mkdir(parents=True, exist_ok=True)
    key_file = data_dir / "secret.key"
    if not key_file.exists():
        create_key_file(key_file)
    return key_file


def embedded(data_dir: Path) -> str:
    """The URL of the embedded database in this data directory."""
    return f"sqlite+aiosqlite:///{data_dir}/provserver.db"


async def populate(key_file: Path, url: str, count: int, full: int) -> Population:
    """Store `count` desk phones in one account; the first `full` of them have all lines, the others one."""
    database = Database.open(url, Sealer.from_key_file(key_file))
    try:
        await migrate(database)
        account = builders.account(timezone="Europe/Berlin")
        people = [builders.user(account.id, name=f"Person {n}", extension=str(100 + n)) for n in range(LINES)]
        async with database.write() as conn:
            await accounts.insert_account(conn, account)
            document = {"abstractions": {"sip": {"domain": "pbx.example.com"}, "voicemail": {"number": "*97"}}}
            await layers.write_layer(conn, database.sealer, account.id, document, at=builders.START)
            for person in people:
                await insert_user(conn, database.sealer, person)
        made = (_device(account.id, number) for number in range(count))
        phones: list[Phone] = []
        while chunk := list(islice(made, _CHUNK)):
            async with database.write() as conn:
                await conn.execute(insert(devices), [stored_device(device, database.sealer) for device in chunk])
                await _assign(conn, chunk, [person.id for person in people], full - len(phones))
            wanted = chunk[: max(full - len(phones), 0)]
            phones += [Phone(one.mac, one.token) for one in wanted if one.mac and one.token]
        return Population(account.id, tuple(phones))
    finally:
        await database.close()


def _device(account_id: str, number: int) -> Device:
    return builders.device(
        account_id,
        mac=Mac(f"{_BLOCK + number:012x}"),
        vendor="yealink",
        model=_MODEL,
        firmware_version=_FIRMWARE,
        token=f"{number:032d}".translate(str.maketrans("0189", "abcd")),
    )


async def _assign(conn: Connection, chunk: list[Device], people: list[str], full: int) -> None:
    rows = list(_assignments(chunk, people, full))
    await conn.execute(insert(assignments), rows)


def _assignments(chunk: list[Device], people: list[str], full: int) -> Iterator[dict[str, Any]]:
    for number, device in enumerate(chunk):
        for line, person in enumerate(people if number < full else people[:1], start=1):
            yield assignment_row(device, person, line)


def assignment_row(device: Device, user_id: str, line: int) -> dict[str, Any]:
    """A user on a line of a device."""
    return {
        "id": builders.identifier("asg"),
        "account_id": device.account_id,
        "device_id": device.id,
        "user_id": user_id,
        "line_number": line,
        "created_at": builders.START,
    }
