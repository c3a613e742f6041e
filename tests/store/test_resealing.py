from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from provserver.domain.device import Account
from provserver.domain.errors import BadConfiguration
from provserver.domain.mac import Mac
from provserver.store import devices, fetches, idempotency, layers, resealing, users
from provserver.store.database import Database
from provserver.store.keyfile import add_key, drop_old_keys
from provserver.store.resealing import check_keys, reseal_everything
from provserver.store.schema import devices as devices_table
from provserver.store.sealing import Sealer

from .builders import START, after, device, user


async def _fill(db: Database, account: Account, count: int) -> None:
    async with db.write() as conn:
        for number in range(count):
            phone = device(account.id, token=f"token {number}")
            await devices.insert_device(conn, db.sealer, phone)
            await devices.insert_device(conn, db.sealer, device(account.id))
            await users.insert_user(conn, db.sealer, user(account.id))
            await layers.write_layer(conn, db.sealer, phone.id, {"number": number}, at=START)
            for scope in ("one", "two"):
                first = idempotency.FirstAnswer(
                    scope=scope, key=str(number), request_hash="h", status=201, answer=number, created_at=after(1)
                )
                await idempotency.remember_answer(conn, db.sealer, first, since=START)


async def test_after_rotation_everything_opens_with_the_new_key_alone(
    db: Database, acme: Account, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "_BATCH", 3)
    await _fill(db, acme, 7)
    assert await reseal_everything(db) == 0
    add_key(key_file)
    assert await reseal_everything(db) == 5 * 7
    assert await reseal_everything(db) == 0
    drop_old_keys(key_file)
    with_new_key = Sealer.from_key_file(key_file)
    async with db.read() as conn:
        for phone in [row.mac for row in await conn.execute(select(devices_table.c.mac))]:
            record = await fetches.find_by_mac(conn, Mac(phone))
            assert record is not None
            record.open_layers(with_new_key)
            record.open_token(with_new_key)
        for number in range(7):
            for scope in ("one", "two"):
                answer = await idempotency.find_answer(conn, with_new_key, scope, str(number), since=START)
                assert answer is not None
                assert answer.answer == number


async def test_a_key_file_that_does_not_fit_is_told_at_once(db: Database, acme: Account) -> None:
    """Else the server would start, and fail every phone with a secret of its own."""
    await check_keys(db)
    await _fill(db, acme, 2)
    await check_keys(db)
    db.sealer = Sealer([Fernet.generate_key().decode()])
    with pytest.raises(BadConfiguration, match="put the key back"):
        await check_keys(db)
