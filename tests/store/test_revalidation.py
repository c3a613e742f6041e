"""A remembered record is believed only while no write has changed what a phone's way to its file reads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from provserver.domain.device import Account, Device, DeviceStatus
from provserver.domain.errors import StoreUnavailable
from provserver.domain.mac import Mac
from provserver.store import accounts, contacts, devices, fetches, layers, revisions, tokens
from provserver.store.database import Connection, Database
from provserver.store.revalidation import EmbeddedRevalidator, Revalidator, Standing, revalidator_of
from provserver.store.sealing import Sealer
from tests.patience import PATIENT, wait_for_the_server
from tests.phones.database_line import ServerLine
from tests.postgres import OwnDatabase

from .builders import after, contact, device
from .conftest import only_postgresql, only_sqlite


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_the_server(monkeypatch)


@pytest.fixture
async def watch(db: Database) -> AsyncIterator[Revalidator]:
    watch = revalidator_of(db)
    yield watch
    await watch.close()


@pytest.fixture
async def phone(db: Database, sealer: Sealer, acme: Account) -> Device:
    phone = device(acme.id, token="first", window_until=after(8))
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, phone)
        await devices.set_notified(conn, phone.id, at=after(2), event_id="evt_1")
    return phone


async def remembered(db: Database, phone: Device) -> Standing:
    async with db.read() as conn:
        record = await fetches.find_by_id(conn, phone.account_id, phone.id)
    assert record is not None
    return Standing.of(record)


async def told(watch: Revalidator, *asked: Standing) -> list[bool]:
    """What those are told who ask at the same time."""
    answers: list[asyncio.Future[bool]] = [asyncio.get_running_loop().create_future() for _ in asked]
    for known, answer in zip(asked, answers, strict=True):
        watch.tell(known, answer.set_result)
    return await asyncio.gather(*answers)


Write = Callable[[Connection, Sealer, Device], Awaitable[Any]]

CHANGES: dict[str, Write] = {
    "device": lambda conn, sealer, phone: devices.update_device(
        conn, sealer, phone.account_id, phone.id, at=after(1), name="New"
    ),
    "MAC": lambda conn, sealer, phone: devices.update_device(
        conn, sealer, phone.account_id, phone.id, at=after(1), mac=Mac("000413ffffff")
    ),
    "status": lambda conn, sealer, phone: devices.update_device(
        conn, sealer, phone.account_id, phone.id, at=after(1), status=DeviceStatus.PROVISIONED
    ),
    "deleted": lambda conn, _, phone: devices.delete_device(conn, phone.account_id, phone.id, at=after(1)),
    "token": lambda conn, sealer, phone: tokens.replace_token(conn, sealer, phone.id, "second", overlap=True),
    "armed": lambda conn, _, phone: devices.open_window(conn, phone.id, until=after(9)),
    "window taken": lambda conn, _, phone: contacts.write_contacts(
        conn, [contact(phone, after(1), pin_address="192.0.2.1")]
    ),
    "told": lambda conn, _, phone: devices.set_notified(conn, phone.id, at=after(3), event_id="evt_2"),
    "own layer": lambda conn, sealer, phone: layers.write_layer(conn, sealer, phone.id, {}, at=after(1)),
    "account's layer": lambda conn, sealer, phone: layers.write_layer(conn, sealer, phone.account_id, {}, at=after(1)),
    "platform's layer": lambda conn, sealer, _: layers.write_layer(conn, sealer, layers.PLATFORM, {}, at=after(1)),
    "account": lambda conn, _, phone: accounts.update_account(conn, phone.account_id, at=after(1), timezone="UTC"),
    "account's proofs": lambda conn, _, phone: accounts.update_account(
        conn, phone.account_id, at=after(1), accepted_proofs=("open",)
    ),
    "account stopped": lambda conn, _, phone: accounts.update_account(
        conn, phone.account_id, at=after(1), status="suspended"
    ),
    "account deleted": lambda conn, _, phone: accounts.delete_account(conn, phone.account_id, at=after(1)),
    "a line's user": lambda conn, _, phone: revisions.bump_device(conn, phone.id),
    "first fetch": lambda conn, _, phone: contacts.write_contacts(
        conn, [contact(phone, after(1), provisions=True, stamp="s", etag="e")]
    ),
    "answer to the check-sync": lambda conn, _, phone: contacts.write_contacts(
        conn, [contact(phone, after(3), provisions=True)]
    ),
    "another model": lambda conn, _, phone: contacts.write_contacts(conn, [contact(phone, after(1), model="D999")]),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_no_change_is_overlooked(
    db: Database, sealer: Sealer, phone: Device, watch: Revalidator, change: str
) -> None:
    """Else a phone would get, or be refused, what was right before the write."""
    known = await remembered(db, phone)
    assert await watch.stands(known)
    async with db.write() as conn:
        await CHANGES[change](conn, sealer, phone)
    assert not await watch.stands(known)


async def test_each_of_those_who_ask_at_the_same_time_is_told_of_its_own_record(
    db: Database, sealer: Sealer, acme: Account, phone: Device, watch: Revalidator
) -> None:
    """They share a look at the database; a change of one phone must be seen, whoever else asks."""
    other = device(acme.id)
    async with db.write() as conn:
        await devices.insert_device(conn, sealer, other)
    known, others = await remembered(db, phone), await remembered(db, other)
    assert await told(watch, known, others) == [True, True]
    async with db.write() as conn:
        await revisions.bump_device(conn, phone.id)
    assert await told(watch, others, known, others) == [True, False, True]


async def test_contacts_that_change_nothing_leave_it_standing(db: Database, phone: Device, watch: Revalidator) -> None:
    """Else every phone of a storm would be read anew by each of its fetches."""
    async with db.write() as conn:
        await contacts.write_contacts(conn, [contact(phone, after(3), provisions=True)])
    known = await remembered(db, phone)
    async with db.write() as conn:
        await contacts.write_contacts(conn, [contact(phone, after(4), provisions=True)])
        await contacts.write_contacts(conn, [contact(phone, after(5))])
    assert await watch.stands(known)


async def test_what_is_written_by_another_process_counts_as_well(
    db: Database, phone: Device, watch: Revalidator
) -> None:
    known, other = await remembered(db, phone), Database.open(db.engine.url, db.sealer, PATIENT)
    assert await watch.stands(known)
    async with other.write() as conn:
        await revisions.bump_device(conn, phone.id)
    assert not await watch.stands(known)
    await other.close()


async def test_a_write_that_is_undone_changes_nothing(db: Database, phone: Device, watch: Revalidator) -> None:
    known = await remembered(db, phone)

    async def undone() -> None:
        async with db.write() as conn:
            await revisions.bump_device(conn, phone.id)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    assert await watch.stands(known)


@only_sqlite
async def test_a_database_that_cannot_be_asked_vouches_for_nothing(
    db: Database, phone: Device, watch: Revalidator
) -> None:
    """Whoever asks then reads the record itself, and finds out what is the matter."""
    known = await remembered(db, phone)
    assert isinstance(watch, EmbeddedRevalidator)
    assert await watch.stands(known)
    async with db.write() as conn:
        await conn.exec_driver_sql("ALTER TABLE accounts RENAME TO elsewhere")
    with pytest.raises(StoreUnavailable):
        await watch.stands(known)
    assert await told(watch, known, known) == [False, False]
    async with db.write() as conn:
        await conn.exec_driver_sql("ALTER TABLE elsewhere RENAME TO accounts")
    assert await watch.stands(known)


@only_postgresql
async def test_a_lost_connection_vouches_for_nothing_and_is_made_anew(
    db: Database, phone: Device, watch: Revalidator
) -> None:
    known = await remembered(db, phone)
    assert await watch.stands(known)
    await end_connections(db)
    with pytest.raises(StoreUnavailable):
        await watch.stands(known)
    assert await watch.stands(known)


@only_postgresql
async def test_a_connection_that_is_about_to_be_lost_is_not_kept(
    own: OwnDatabase, db: Database, sealer: Sealer, phone: Device
) -> None:
    """What the server said before it left has come, and that it has left has not: the driver finds itself confused.

    A worker that kept such a connection would answer no phone until it is restarted.
    """
    line = await ServerLine.to(own, sealer)
    watch, known = revalidator_of(line.database), await remembered(line.database, phone)
    assert await watch.stands(known)
    line.hold_ends()
    await end_connections(db)
    await line.left.wait()
    await asyncio.sleep(0.01)  # so that the driver has read it
    with pytest.raises(StoreUnavailable):
        await watch.stands(known)
    assert await watch.stands(known)
    await line.database.ping()
    await line.mend()
    await watch.close()
    await line.database.close()
    await line.close()


@only_postgresql
async def test_who_asks_while_something_unforeseen_happens_is_not_left_waiting(
    watch: Any, db: Database, phone: Device
) -> None:
    """A driver may raise whatever comes to its mind; every phone of the worker would wait for ever."""
    known, rows = await remembered(db, phone), watch._rows
    meanwhile: list[asyncio.Task[bool]] = []

    async def breaks(_: list[str]) -> None:
        watch._rows = rows
        meanwhile.append(asyncio.create_task(watch.stands(known)))
        await asyncio.sleep(0)
        raise RuntimeError("a mistake of the driver")

    watch._rows = breaks
    async with asyncio.timeout(60):
        with pytest.raises(StoreUnavailable):
            await watch.stands(known)
        assert await meanwhile[0]


async def end_connections(db: Database) -> None:
    """All but the one that does it, by the server's own hand."""
    async with db.read() as conn:
        await conn.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_every_column_is_watched_raises_the_revision_or_is_for_people() -> None:
    """A new column of devices has to be put in its place."""
    watched = set(Standing.of.__globals__["_OBSERVED"]) | {"token_hash", "previous_token_hash"}
    for_people = {"last_seen_at", "current_ip_address", "last_provisioned_at"}
    assert devices._ONLY_OBSERVED - watched == for_people
