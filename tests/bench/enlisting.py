"""The phones of a storm, put into a database as the API would, at a hundredth of the time."""

import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.mac import Mac
from provserver.simulation.fleet import SimulatedPhone
from provserver.store import accounts, layers
from provserver.store.database import Database
from provserver.store.device_rows import stored_device
from provserver.store.migrate import migrate
from provserver.store.schema import assignments, devices
from provserver.store.sealing import Sealer
from provserver.store.users import insert_user
from tests.bench.population import assignment_row
from tests.store import builders


async def enlist(key_file: Path, url: str, phones: Sequence[SimulatedPhone]) -> None:
    """One account with all `phones`, each armed and with a user; a DECT base has it on a handset."""
    database = Database.open(url, Sealer.from_key_file(key_file))
    try:
        await migrate(database)
        account = builders.account(timezone="Europe/Berlin")
        person = builders.user(account.id, name="Person", extension="100")
        made = [_device(account.id, phone) for phone in phones]
        handsets = list(_handsets(made))
        on = [*(device for device in made if device.type is DeviceType.DESKPHONE), *handsets]
        async with database.write() as conn:
            await accounts.insert_account(conn, account)
            document = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}
            await layers.write_layer(conn, database.sealer, account.id, document, at=builders.START)
            await insert_user(conn, database.sealer, person)
            for some in (made, handsets):
                await conn.execute(insert(devices), [stored_device(device, database.sealer) for device in some])
            await conn.execute(insert(assignments), [assignment_row(device, person.id, 1) for device in on])
    finally:
        await database.close()


def _device(account_id: str, phone: SimulatedPhone) -> Device:
    base = phone.type is DeviceType.DECT_BASE
    return builders.device(
        account_id,
        type=phone.type,
        mac=Mac(phone.mac),
        vendor=phone.vendor,
        token=secrets.token_urlsafe(24),
        window_until=datetime.now(UTC) + timedelta(days=1),
        multicell_role=MulticellRole.SINGLE if base else None,
    )


def _handsets(made: Sequence[Device]) -> Iterator[Device]:
    for number, base in enumerate(made):
        if base.type is DeviceType.DECT_BASE:
            yield builders.handset(base, vendor=base.vendor, slot_number=1, ipei=f"{number:010X}")
