"""Which kinds of phones there are, of the newest."""

from typing import Any

from provserver.domain.device import Account, DeviceType, MulticellRole
from provserver.domain.mac import Mac
from provserver.store.database import Database
from provserver.store.devices import insert_device
from provserver.store.fleet import kinds_of_newest
from tests.store import builders


async def test_kinds_are_those_of_the_newest_desk_phones_and_bases(db: Database, acme: Account) -> None:
    """Phones that were replaced years ago need not be prepared for."""
    base: dict[str, Any] = {"type": DeviceType.DECT_BASE, "multicell_role": MulticellRole.SINGLE}
    kinds: list[dict[str, Any]] = [
        {"vendor": "yealink", "model": "T46S"},
        {"vendor": "yealink", "model": "T46S"},
        {"vendor": "snom", "model": None},
        {"vendor": None},
        {"vendor": "snom", "model": "M900", **base},
    ]
    async with db.write() as conn:
        for number, kind in enumerate(kinds):
            made = builders.device(acme.id, mac=Mac(f"0200000000{number:02}"), **kind)
            await insert_device(conn, db.sealer, made)
    async with db.read() as conn:
        assert set(await kinds_of_newest(conn, 100)) == {
            (DeviceType.DESKPHONE, "yealink", "T46S"),
            (DeviceType.DESKPHONE, "snom", None),
            (DeviceType.DECT_BASE, "snom", "M900"),
        }
        newest = {(DeviceType.DESKPHONE, "snom", None), (DeviceType.DECT_BASE, "snom", "M900")}
        assert set(await kinds_of_newest(conn, 2)) == newest
