from provserver.domain.device import Account
from provserver.store import accounts, devices, layers
from provserver.store.database import Database
from provserver.store.sealing import Sealer

from .builders import after, device

DOCUMENT = {"abstractions": {"sip": {"domain": "köln.example"}}, "vendor_overrides": {"snom": {"x": ["a", 1]}}}


async def test_a_layer_comes_back_and_counts_its_writes(db: Database, sealer: Sealer) -> None:
    async with db.write() as conn:
        assert await layers.read_layer(conn, sealer, layers.PLATFORM) == layers.StoredLayer()
        assert await layers.platform_revision(conn) == 0
        await layers.write_layer(conn, sealer, layers.PLATFORM, {"abstractions": {}}, at=after(1))
        await layers.write_layer(conn, sealer, layers.PLATFORM, DOCUMENT, at=after(2))
        stored = await layers.read_layer(conn, sealer, layers.PLATFORM, for_update=True)
        assert stored == layers.StoredLayer(DOCUMENT, 2, after(2))
        assert await layers.platform_revision(conn) == 2


async def test_writing_an_accounts_layer_reaches_the_accounts_files(
    db: Database, sealer: Sealer, acme: Account, other: Account
) -> None:
    async with db.write() as conn:
        await layers.write_layer(conn, sealer, acme.id, DOCUMENT, at=after(1))
        found = [await accounts.get_account(conn, each.id) for each in (acme, other)]
    assert [each.revision for each in found if each] == [1, 0]


async def test_writing_a_devices_layer_reaches_the_devices_file_alone(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    phone, idle = device(acme.id), device(acme.id)
    async with db.write() as conn:
        for each in (phone, idle):
            await devices.insert_device(conn, sealer, each)
        await layers.write_layer(conn, sealer, phone.id, DOCUMENT, at=after(1))
        found = [await devices.get_device(conn, sealer, acme.id, each.id) for each in (phone, idle)]
        stored = await accounts.get_account(conn, acme.id)
    assert [each.revision for each in found if each] == [1, 0]
    assert stored == acme


def test_a_layer_in_a_log_shows_no_settings() -> None:
    assert "köln" not in repr(layers.StoredLayer(DOCUMENT, 1, after(1)))
