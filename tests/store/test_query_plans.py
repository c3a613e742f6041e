"""How the database answers when it is large: along an index, in the order of the list."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.button_types import ButtonType
from provserver.domain.buttons import ButtonTemplate
from provserver.domain.device import Account, Device, DeviceStatus, DeviceType
from provserver.domain.mac import Mac
from provserver.domain.uploads import FileKind
from provserver.store import (
    accounts,
    assignments,
    audit,
    blocked_sources,
    button_templates,
    buttons,
    check_sync_jobs,
    contacts,
    device_lists,
    devices,
    events,
    fetches,
    files,
    idempotency,
    keys,
    layers,
    occupants,
    revisions,
    unknown_devices,
    usage,
    users,
)
from provserver.store.audit import AuditFilter
from provserver.store.database import Database
from provserver.store.device_lists import DeviceFilter
from provserver.store.device_rows import index_device, stored_device
from provserver.store.keyfile import create_key_file
from provserver.store.migrate import migrate
from provserver.store.pages import Page, PageRequest
from provserver.store.schema import devices as devices_table
from provserver.store.sealing import Sealer
from tests.patience import PATIENT

from .builders import (
    START,
    account,
    after,
    assignment,
    button,
    contact,
    device,
    event,
    handset,
    override,
    template,
    user,
)
from .statements import plan_of, slow_steps, watched

_PER_ACCOUNT = 1000
_VENDORS = (("snom", "D785"), ("snom", "D865"), ("yealink", "T54W"), ("grandstream", "GRP2614"))


class Fleet:
    """Three accounts with a thousand devices each; `phone`, `base`, `cordless` and `jane` are of the first."""

    def __init__(self, url: str, sealer: Sealer) -> None:
        self.url, self.sealer = url, sealer
        self.accounts = [account(name=f"Account {number}") for number in range(3)]
        self.account = self.accounts[0]
        self.devices = [each for owner in self.accounts for each in _devices_of(owner)]
        self.phone, self.base, self.cordless = self.devices[0], self.devices[8], self.devices[9]
        self.jane = user(self.account.id, name="Jane")
        self.template = template(self.account.id)

    @property
    def mac(self) -> Mac:
        assert self.phone.mac is not None
        return self.phone.mac

    def open(self) -> None:
        """Open the database in the event loop of the test that runs."""
        self.db = Database.open(self.url, self.sealer, PATIENT)

    async def store(self) -> None:
        self.open()
        await migrate(self.db)
        sealer = self.sealer
        async with self.db.write() as conn:
            for owner in self.accounts:
                await accounts.insert_account(conn, owner)
            await conn.execute(insert(devices_table), [stored_device(each, sealer) for each in self.devices])
            for each in self.devices:
                await index_device(conn, each)
            for owner in self.accounts:
                await _store_buttons(conn, owner.id, self.template if owner is self.account else template(owner.id))
            await events.insert_events(conn, [event(each) for each in self.devices * 5])
            people = [self.jane, *(user(self.account.id, name=f"Person {number}") for number in range(200))]
            for who, each in zip(people, self.devices, strict=False):
                await users.insert_user(conn, sealer, who)
                await assignments.insert_assignment(conn, assignment(each, who))
        await self.db.close()

    async def analyze(self) -> None:
        self.open()
        async with self.db.write() as conn:
            await conn.exec_driver_sql("ANALYZE")
        await self.db.close()


async def _store_buttons(conn: AsyncConnection, account_id: str, made: ButtonTemplate) -> None:
    """A template with thirty buttons to which all phones of the account are bound."""
    await button_templates.insert_template(conn, made)
    for position in range(1, 31):
        about = {"type": ButtonType.INTERCOM, "target": {"user": f"user_{position}"}}
        await buttons.insert_button(conn, account_id, button(made, position, **about))
    bound = update(devices_table).where(devices_table.c.account_id == account_id)
    await conn.execute(bound.values(button_template_id=made.id))


def _devices_of(owner: Account) -> list[Device]:
    made: list[Device] = []
    choices = itertools.cycle(_VENDORS)
    base: Device | None = None
    for number in range(_PER_ACCOUNT):
        vendor, model = next(choices)
        status = DeviceStatus.PROVISIONED if number % 3 else DeviceStatus.PENDING_SYNC
        fields: dict[str, Any] = {"vendor": vendor, "model": model, "status": status, "location": f"Room {number % 50}"}
        if number % 10 == 8:
            base = device(owner.id, **fields | {"type": DeviceType.DECT_BASE})
            made.append(base)
        elif number % 10 == 9 and base:
            made.append(handset(base, slot_number=1, ipei=f"{number:010X}"))
        else:
            made.append(device(owner.id, name=f"Phone {number}", token=f"token {owner.id} {number}", **fields))
    return made


@pytest.fixture(scope="module")
def new_fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Stored once: it takes seconds, and no test changes it."""
    folder: Path = tmp_path_factory.mktemp("fleet")
    create_key_file(folder / "key")
    fleet = Fleet(f"sqlite+aiosqlite:///{folder}/fleet.db", Sealer.from_key_file(folder / "key"))
    asyncio.run(fleet.store())
    return fleet


@pytest.fixture(scope="module")
def known_fleet(new_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """A copy of it, of which the database has made statistics."""
    fleet = copy(new_fleet)
    path = tmp_path_factory.mktemp("known") / "fleet.db"
    shutil.copy(new_fleet.url.removeprefix("sqlite+aiosqlite:///"), path)
    fleet.url = f"sqlite+aiosqlite:///{path}"
    asyncio.run(fleet.analyze())
    return fleet


@pytest.fixture(scope="module", params=["known_fleet", "new_fleet"], ids=["with statistics", "without"])
def stored_fleet(request: pytest.FixtureRequest) -> Fleet:
    fleet: Fleet = request.getfixturevalue(request.param)
    return fleet


@pytest.fixture
async def fleet(stored_fleet: Fleet) -> AsyncIterator[Fleet]:
    stored_fleet.open()
    yield stored_fleet
    await stored_fleet.db.close()


def _listed(**chosen: Any) -> Callable[[Fleet, AsyncConnection, PageRequest], Awaitable[Page[Any]]]:
    async def run(fleet: Fleet, conn: AsyncConnection, request: PageRequest) -> Page[Any]:
        return await device_lists.list_devices(conn, fleet.account.id, DeviceFilter(**chosen), request)

    return run


async def _handsets(fleet: Fleet, conn: AsyncConnection, request: PageRequest) -> Page[Any]:
    chosen = DeviceFilter(base_id=fleet.base.id)
    return await device_lists.list_devices(conn, fleet.account.id, chosen, request)


def _audited(**chosen: Any) -> Callable[[Fleet, AsyncConnection, PageRequest], Awaitable[Page[Any]]]:
    async def run(_: Fleet, conn: AsyncConnection, request: PageRequest) -> Page[Any]:
        return await audit.list_audit(conn, request, AuditFilter(**chosen))

    return run


LISTS: dict[str, Callable[[Fleet, AsyncConnection, PageRequest], Awaitable[Page[Any]]]] = {
    "devices": _listed(),
    "by type": _listed(type=DeviceType.DECT_HANDSET),
    "by status": _listed(status=DeviceStatus.PENDING_SYNC),
    "by vendor": _listed(vendor="snom"),
    "by model": _listed(model="T54W"),
    "by location": _listed(location="Room 7"),
    "by base": _handsets,
    "stale": _listed(stale=True, shared_stamp="x."),
    "not stale": _listed(stale=False, shared_stamp="x."),
    "by vendor and status": _listed(vendor="snom", status=DeviceStatus.PROVISIONED),
    "by everything": _listed(
        type=DeviceType.DESKPHONE, status=DeviceStatus.PROVISIONED, vendor="snom", model="D785", location="Room 8"
    ),
    "by rare word": _listed(search="phone 77"),
    "by broad word": _listed(search="r"),
    "by broad words": _listed(search="phone snom"),
    "by words and filter": _listed(search="phone", vendor="snom"),
    "users": lambda fleet, conn, request: users.list_users(conn, fleet.sealer, fleet.account.id, request),
    "users by word": lambda fleet, conn, request: users.list_users(
        conn, fleet.sealer, fleet.account.id, request, search="person"
    ),
    "events": lambda fleet, conn, request: events.list_events(
        conn, fleet.account.id, fleet.phone.id, events.EventFilter(), request
    ),
    "events by type and time": lambda fleet, conn, request: events.list_events(
        conn,
        fleet.account.id,
        fleet.phone.id,
        events.EventFilter(type="updated", since=START, until=after(9)),
        request,
    ),
    "lines": lambda fleet, conn, request: assignments.list_lines(conn, fleet.sealer, fleet.phone.id, request),
    "button templates": lambda fleet, conn, request: button_templates.list_templates(conn, fleet.account.id, request),
    "buttons of a template": lambda fleet, conn, request: buttons.list_buttons(conn, fleet.template.id, request),
    "button overrides": lambda fleet, conn, request: buttons.list_overrides(conn, fleet.phone.id, request),
    "events by type": lambda fleet, conn, request: events.list_events(
        conn, fleet.account.id, fleet.phone.id, events.EventFilter(type="updated"), request
    ),
    "keys": lambda fleet, conn, request: keys.list_keys(conn, request, account_id=fleet.account.id),
    "files": lambda fleet, conn, request: files.list_files(conn, fleet.account.id, request, None),
    "files by kind": lambda fleet, conn, request: files.list_files(conn, fleet.account.id, request, FileKind.LOGO),
    "files of the platform": lambda _, conn, request: files.list_files(conn, None, request, FileKind.LOGO),
    "check-sync jobs": lambda fleet, conn, request: check_sync_jobs.list_jobs(conn, fleet.account.id, request),
    "audit by account": _audited(account_id="acct_1"),
    "audit by action": _audited(action="device.updated"),
    "audit of a time": _audited(since=START, until=after(9)),
    "audit by everything": _audited(
        account_id="acct_1", key_id="key_1", resource_id="dev_1", action="device.updated", since=START, until=after(9)
    ),
}


@pytest.mark.parametrize(
    ("name", "rare"),
    [*((name, 1000) for name in LISTS), *((name, 20) for name in LISTS if "word" in name)],  # by the terms, by the list
)
async def test_every_list_walks_an_index_in_its_own_order(
    fleet: Fleet, name: str, rare: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provserver.store.search.RARE", rare)
    with watched(fleet.db) as sent:
        async with fleet.db.read() as conn:
            first = await LISTS[name](fleet, conn, PageRequest(3))
            if first.next_cursor:
                second = await LISTS[name](fleet, conn, PageRequest(3, first.next_cursor))
                await LISTS[name](fleet, conn, PageRequest(3, second.previous_cursor))
    assert await slow_steps(fleet.db, sent) == []


WHOLE: dict[str, Callable[[Fleet, AsyncConnection, PageRequest], Awaitable[Page[Any]]]] = {
    "accounts": lambda _, conn, request: accounts.list_accounts(conn, request),
    "api_keys": lambda _, conn, request: keys.list_keys(conn, request),
    "audit": _audited(),
    "blocked_sources": lambda _, conn, request: blocked_sources.list_blocked(conn, request, now=START),
    "unknown_devices": lambda _, conn, request: unknown_devices.list_unknown(conn, request),
}


@pytest.mark.parametrize("table", WHOLE)
async def test_a_list_of_all_there_are_is_read_in_its_own_order_and_no_further_than_its_page(
    fleet: Fleet, table: str
) -> None:
    with watched(fleet.db) as sent:
        async with fleet.db.read() as conn:
            await WHOLE[table](fleet, conn, PageRequest(3))
    assert [step.partition(" USING INDEX ")[0] for step in await slow_steps(fleet.db, sent)] == [f"SCAN {table}"]


EXCLUDING: dict[str, dict[str, Any]] = {
    "two": {"vendor": "yealink", "model": "D785"},
    "three": {"vendor": "yealink", "model": "D785", "status": DeviceStatus.PROVISIONED},
    "with a location": {"vendor": "yealink", "location": "Room 3"},
    "none is left out": {"status": DeviceStatus.UNPAIRED},
}


@pytest.mark.parametrize("name", EXCLUDING)
async def test_filters_that_exclude_each_other_are_told_apart_without_looking_at_the_devices(
    fleet: Fleet, name: str
) -> None:
    """Walking all of the one to find none of the other takes as long as the account is large."""
    async with fleet.db.read() as conn:
        driver: Any = (await conn.get_raw_connection()).driver_connection
        steps: list[None] = []
        await driver.set_progress_handler(lambda: steps.append(None), 1)
        page = await LISTS["devices"](fleet, conn, PageRequest(1))
        one_page = len(steps)
        page = await _listed(**EXCLUDING[name])(fleet, conn, PageRequest(1))
        await driver.set_progress_handler(None, 1)
    assert page.items == []
    assert len(steps) - one_page < one_page


async def _write_contacts(fleet: Fleet, conn: AsyncConnection) -> None:
    many = [contact(each, after(9), provisions=True, model="D999") for each in fleet.devices[:5]]
    await contacts.write_contacts(conn, many)


STEPS: dict[str, Callable[[Fleet, AsyncConnection], Awaitable[Any]]] = {
    "fetch by mac": lambda fleet, conn: fetches.find_by_mac(conn, fleet.mac),
    "fetch by token": lambda fleet, conn: fetches.find(conn, None, f"token {fleet.account.id} 0"),
    "fetch by mac and token": lambda fleet, conn: fetches.find(conn, fleet.mac, f"token {fleet.account.id} 0"),
    "lines": lambda fleet, conn: occupants.occupants_of(conn, fleet.sealer, fleet.phone.id),
    "buttons": lambda fleet, conn: buttons.rows_of(conn, fleet.phone),
    "add button": lambda fleet, conn: buttons.insert_button(conn, fleet.account.id, button(fleet.template, 99)),
    "override button": lambda fleet, conn: buttons.insert_button(conn, fleet.account.id, override(fleet.phone, 99)),
    "lines of many": lambda fleet, conn: assignments.lines_of_devices(
        conn, fleet.sealer, [fleet.phone.id, fleet.base.id]
    ),
    "contacts": _write_contacts,
    "key": lambda _, conn: keys.find_key_by_hash(conn, "hash"),
    "device": lambda fleet, conn: devices.get_device(conn, fleet.sealer, fleet.account.id, fleet.phone.id),
    "device by mac": lambda fleet, conn: devices.find_by_mac(conn, fleet.sealer, fleet.mac),
    "handsets": lambda fleet, conn: device_lists.handsets_of_bases(conn, [fleet.base.id, fleet.phone.id]),
    "data masters": lambda fleet, conn: device_lists.data_masters(conn, fleet.account.id),
    "bump device": lambda fleet, conn: revisions.bump_device(conn, fleet.cordless.id),
    "bump devices of user": lambda fleet, conn: revisions.bump_devices_of_user(conn, fleet.jane.id),
    "change user": lambda fleet, conn: users.update_user(
        conn, fleet.sealer, fleet.account.id, fleet.jane.id, at=after(9), name="Jane"
    ),
    "write layer": lambda fleet, conn: layers.write_layer(conn, fleet.sealer, fleet.phone.id, {}, at=after(9)),
    "unassign": lambda fleet, conn: assignments.remove_assignment(conn, fleet.phone.id, fleet.jane.id, at=after(9)),
    "delete device": lambda fleet, conn: devices.delete_device(conn, fleet.account.id, fleet.base.id, at=after(9)),
    "delete user": lambda fleet, conn: users.delete_user(conn, fleet.account.id, fleet.jane.id, at=after(9)),
    "stream": lambda fleet, conn: events.events_after(conn, fleet.account.id, "evt_0", 10),
    "stream of all": lambda _, conn: events.events_after(conn, None, "evt_0", 10),
    "prune": lambda _, conn: events.prune_events(conn, START),
    "idempotency": lambda fleet, conn: idempotency.find_answer(conn, fleet.sealer, "s", "k", since=START),
    "next job": lambda _, conn: check_sync_jobs.lease_any(conn, "runner", now=START, until=START),
    "forget answers": lambda _, conn: idempotency.forget_answers(conn, START),
    "forget unknown": lambda fleet, conn: unknown_devices.forget_unknown(conn, fleet.mac),
    "end of spans": lambda fleet, conn: usage.close_spans(conn, at=START, user_id=fleet.jane.id),
}


class _Undo(Exception):
    pass


@pytest.mark.parametrize("name", STEPS)
async def test_no_step_of_everyday_work_grows_with_the_fleet(fleet: Fleet, name: str) -> None:
    async def run_and_undo() -> None:
        async with fleet.db.write() as conn:
            await STEPS[name](fleet, conn)
            raise _Undo

    with watched(fleet.db) as sent, pytest.raises(_Undo):
        await run_and_undo()
    reading = [each for each in sent if not each[0].startswith("INSERT")]
    single = [(text, values[0] if isinstance(values, list) else values) for text, values in reading]
    assert await slow_steps(fleet.db, single) == []


async def test_usage_looks_at_no_user(fleet: Fleet) -> None:
    """Half a million users on provisioned devices would take longer than anybody waits for a page."""
    with watched(fleet.db) as sent:
        async with fleet.db.read() as conn:
            await usage.usage(conn, fleet.account.id, START, after(9))
            await usage.usage(conn, None, START, after(9))
    plans = [await plan_of(fleet.db, each) for each in sent]
    assert not any("spans" in step for plan in plans for step in plan), plans
    assert await slow_steps(fleet.db, sent) == [plans[1][0]]
    assert plans[1][0].startswith("SCAN usage_totals USING INDEX"), plans  # an account after the other, in order
