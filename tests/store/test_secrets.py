from pathlib import Path

from provserver.domain.device import Account
from provserver.store import devices, idempotency, layers, tokens, users
from provserver.store.database import Database
from provserver.store.sealing import Sealer

from .builders import START, after, device, user
from .conftest import only_sqlite


def _bytes_on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("provserver.db*"))


@only_sqlite
async def test_whoever_steals_the_database_file_learns_no_secret(
    db: Database, sealer: Sealer, acme: Account, tmp_path: Path
) -> None:
    phone, jane = device(acme.id, token="MARKED-token-1"), user(acme.id, name="Visible", sip_password="MARKED-sip-1")
    first = idempotency.FirstAnswer(
        scope="s", key="k", request_hash="h", status=201, answer={"key": "MARKED-answer"}, created_at=after(1)
    )
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        await tokens.replace_token(conn, sealer, phone.id, "MARKED-token-2", overlap=True)
        await devices.update_device(conn, sealer, acme.id, phone.id, at=after(1), token="MARKED-token-3")
        await users.insert_user(conn, sealer, jane)
        await users.update_user(conn, sealer, acme.id, jane.id, at=after(1), sip_password="MARKED-sip-2")
        for owner in (layers.PLATFORM, acme.id, phone.id):
            await layers.write_layer(conn, sealer, owner, {"MARKED-name": "MARKED-value"}, at=after(1))
        await idempotency.remember_answer(conn, sealer, first, since=START)
    while_open = _bytes_on_disk(tmp_path)
    await db.close()
    for content in (while_open, _bytes_on_disk(tmp_path)):
        assert b"Visible" in content
        assert b"MARKED" not in content
