"""MACs that nobody knows, while the database is away."""

from datetime import timedelta
from pathlib import Path

import pytest

from provserver.domain.device import UnknownDevice
from provserver.domain.errors import StoreUnavailable
from provserver.domain.mac import Mac
from provserver.services.fetching import unknown_devices
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.paging import PageRequest
from provserver.store.database import Database
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.sealing import Sealer
from tests.patience import PATIENT
from tests.store.builders import START


def _seen(mac: str, minutes: int) -> UnknownDevice:
    at = START + timedelta(minutes=minutes)
    return UnknownDevice(
        mac=Mac(mac),
        vendor="snom",
        model=None,
        source_ip=f"192.0.2.{minutes}",
        first_seen_at=at,
        last_seen_at=at,
        count=1,
    )


async def test_what_is_seen_in_an_outage_is_written_after_it_and_what_is_too_much_is_counted(tmp_path: Path) -> None:
    """A phone that knocks once a day would else not be listed for another day."""
    create_key_file(tmp_path / "key")
    folder = tmp_path / "away"
    database = Database.open(f"sqlite+aiosqlite:///{folder}/x.db", Sealer.from_key_file(tmp_path / "key"), PATIENT)
    shed: list[None] = []
    unknown = UnknownDevices(database, 2, lambda: shed.append(None))
    unknown.saw(_seen("000413000001", 1))
    with pytest.raises(StoreUnavailable):
        await unknown.flush()
    for mac, minutes in (("000413000001", 2), ("000413000002", 3), ("000413000003", 4)):
        unknown.saw(_seen(mac, minutes))
    with pytest.raises(StoreUnavailable):
        await unknown.flush()
    assert len(shed) == 1
    folder.mkdir()
    await migrate(database)
    await unknown.flush()
    async with database.read() as conn:
        second, first = (await unknown_devices.list_unknown(conn, PageRequest())).items
    assert (second.mac.bare, second.count) == ("000413000002", 1)
    assert (first.mac.bare, first.count, first.source_ip) == ("000413000001", 2, "192.0.2.2")
    assert (first.first_seen_at, first.last_seen_at) == (START + timedelta(minutes=1), START + timedelta(minutes=2))
    await unknown.flush()
    await database.close()
