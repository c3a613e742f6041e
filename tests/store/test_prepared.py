"""SQLite is asked past SQLAlchemy where it counts: what comes back must be what SQLAlchemy would return."""

import threading
import time
from functools import partial

import pytest
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from provserver.domain.device import Account
from provserver.store import embedded
from provserver.store.database import Connection, Database
from provserver.store.devices import insert_device
from provserver.store.prepared import Row, execute_all, fetch_mappings, fetch_rows
from provserver.store.schema import accounts, devices
from provserver.store.sealing import Sealer
from tests.store.builders import device
from tests.store.conftest import only_sqlite

_SOME = (
    select(devices.c.id, devices.c.name, devices.c.created_at, devices.c.window_until)
    .where(devices.c.id.in_(bindparam("some", expanding=True)), devices.c.account_id == bindparam("owner"))
    .order_by(devices.c.id)
)
_RENAME = update(devices).where(devices.c.id == bindparam("changed_id"))


async def test_rows_are_the_same_in_a_thread_as_on_an_ordinary_connection(
    db: Database, sealer: Sealer, acme: Account
) -> None:
    phones = sorted((device(acme.id, name=f"Phone {number}") for number in range(5)), key=lambda phone: phone.id)
    async with db.write() as conn:
        for phone in phones:
            await insert_device(conn, sealer, phone)
    for count in (1, 3, 5):
        some = [phone.id for phone in phones[:count]]
        ask = partial(fetch_rows, statement=_SOME, values={"some": some, "owner": acme.id})
        async with db.read() as conn:
            ordinary = [tuple(row) for row in await ask(conn)]
        assert [tuple(row) for row in await db.look(ask)] == ordinary
        assert [row[0] for row in ordinary] == some
        assert ordinary[0][2] == phones[0].created_at
    assert not await db.look(partial(fetch_rows, statement=_SOME, values={"some": [], "owner": acme.id}))

    async def rename(conn: Connection) -> None:
        await execute_all(conn, _RENAME, [{"changed_id": phone.id, "name": f"New {phone.id}"} for phone in phones])

    await db.add(rename)
    values = {"some": [phones[2].id], "owner": acme.id}
    (renamed,) = await db.look(partial(fetch_mappings, statement=_SOME, values=values))
    assert (renamed[devices.c.name], renamed[devices.c.window_until]) == (f"New {phones[2].id}", None)


async def test_what_fails_in_a_thread_is_undone_and_named_as_ever(db: Database, acme: Account) -> None:
    row = {column.name: getattr(acme, column.name) for column in accounts.c}

    async def twice(conn: Connection) -> None:
        await execute_all(
            conn, update(accounts).where(accounts.c.id == bindparam("this")), [{"this": acme.id, "name": "X"}]
        )
        await execute_all(conn, insert(accounts), [row])

    with pytest.raises(IntegrityError):
        await db.add(twice)
    names = select(accounts.c.name).where(accounts.c.id == bindparam("this"))
    assert [row[0] for row in await db.look(partial(fetch_rows, statement=names, values={"this": acme.id}))] == [
        acme.name
    ]


@only_sqlite
async def test_a_disk_that_is_slow_does_not_hold_the_event_loop_twice(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All phones wait for the loop; where pages come from a disk, a thread waits for them."""
    monkeypatch.setattr(embedded, "_WARY", 3600.0)
    here: list[bool] = []
    loop_thread = threading.get_ident()

    async def look(conn: Connection) -> list[Row]:
        here.append(threading.get_ident() == loop_thread)
        time.sleep(embedded._SLOW * 2)  # noqa: ASYNC251 - as a disk does
        return []

    for _ in range(3):
        await db.look_up(look)
    assert here == [True, False, False]
