"""Which NOTIFYs go out, and what a back end that misbehaves comes to."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.checksync import LineOutcome, LineStatus, Route, Target
from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.mac import Mac
from provserver.domain.vendor import CheckSync, EventWording
from provserver.services.checksync.notifying import Sender
from provserver.services.checksync.sip_accounts import CHAIN_ACCOUNT, SipAccounts, read_accounts
from provserver.store import accounts, assignments, devices, layers, users
from provserver.store.database import Database
from tests.services.fake_notifier import FakeNotifier
from tests.store import builders

_MASTER: dict[str, Any] = {
    "type": DeviceType.DECT_BASE,
    "mac": Mac("805ec0000001"),
    "multicell_role": MulticellRole.DATA_MASTER,
    "chain_id": "20461",
    "vendor": "yealink",
    "model": "W70B",
}


async def _read(database: Database, catalogue: Catalogue, device: Device, *usernames: str) -> SipAccounts:
    """The accounts of a device with these users on its lines, in an account with a SIP domain."""
    account = builders.account(id=device.account_id)
    async with database.write() as conn:
        await accounts.insert_account(conn, account)
        shared = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}
        await layers.write_layer(conn, database.sealer, account.id, shared, at=builders.START)
        await devices.insert_device(conn, database.sealer, device)
        for number, username in enumerate(usernames, start=1):
            user = builders.user(account.id, sip_username=username)
            await users.insert_user(conn, database.sealer, user)
            await assignments.insert_assignment(conn, builders.assignment(device, user, number))
        return await read_accounts(conn, database.sealer, catalogue, account.id, device.id)


def _phone(**fields: Any) -> Device:
    return builders.device(builders.identifier("acct"), vendor="snom", model="D785", **fields)


async def test_twelve_lines_go_out_together(database: Database, catalogue: Catalogue) -> None:
    """One silent line must not make the others wait."""
    fake = FakeNotifier(seconds=0.05)
    read = await _read(database, catalogue, _phone(), *(f"u{number}" for number in range(12)))
    outcomes = await Sender(fake).send(read, reboot=False)
    assert fake.most_at_once == 12
    assert [outcome.line_number for outcome in outcomes] == list(range(1, 13))


async def test_the_operators_proxy_is_the_way_for_all(database: Database, catalogue: Catalogue) -> None:
    fake = FakeNotifier()
    read = await _read(database, catalogue, _phone(), "101")
    await Sender(fake, proxy="sip:proxy.example.com;transport=tcp").send(read, reboot=False)
    assert fake.sent[0][1].proxy == "sip:proxy.example.com;transport=tcp"


async def test_the_phones_last_address_helps_to_find_its_contact(database: Database, catalogue: Catalogue) -> None:
    fake = FakeNotifier()
    read = await _read(database, catalogue, _phone(current_ip_address="192.0.2.7"), "101")
    await Sender(fake).send(read, reboot=False)
    assert fake.sent[0][0].source_address == "192.0.2.7"


class _Hanging(FakeNotifier):
    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        await asyncio.sleep(60)
        return []


class _Broken(FakeNotifier):
    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        raise RuntimeError("a mistake")


@pytest.mark.parametrize(("notifier", "status"), [(_Hanging(), LineStatus.UNREACHABLE), (_Broken(), LineStatus.ERROR)])
async def test_a_back_end_that_misbehaves_is_an_outcome_too(
    database: Database, catalogue: Catalogue, notifier: FakeNotifier, status: LineStatus
) -> None:
    read = await _read(database, catalogue, _phone(), "101")
    [outcome] = await Sender(notifier, timeout=0.1).send(read, reboot=False)
    assert outcome.status is status


async def test_words_of_a_family_win_over_those_of_the_vendor(database: Database, catalogue: Catalogue) -> None:
    fake = FakeNotifier()
    words = CheckSync(
        resync="resync", reboot="reboot", exceptions={"D785": EventWording(resync="sync", reboot="restart")}
    )
    snom = catalogue.dialects["snom"].model_copy(update={"check_sync": words})
    read = await _read(database, Catalogue({"snom": snom}, "test"), _phone(), "101")
    await Sender(fake).send(read, reboot=False)
    await Sender(fake).send(read, reboot=True)
    assert fake.events == ["sync", "restart"]
    assert snom.event_for("D120", reboot=True) == "reboot"
    assert snom.event_for(None, reboot=False) == "resync"


@pytest.mark.parametrize("has_one", [True, False])
async def test_a_data_master_may_have_an_account_of_its_chain_id(
    database: Database, catalogue: Catalogue, has_one: bool
) -> None:
    """With no handset registered, some systems are still reached by the number that their bases share."""
    fake = FakeNotifier()
    words = CheckSync(resync="check-sync", reboot="check-sync", chain_account=has_one)
    yealink = catalogue.dialects["yealink_w"].model_copy(update={"check_sync": words})
    device = builders.device(builders.identifier("acct"), **_MASTER)
    read = await _read(database, Catalogue({"yealink_w": yealink}, "test"), device)
    outcomes = await Sender(fake).send(read, reboot=False)
    assert fake.users == (["20461"] if has_one else [])
    assert [outcome.line_number for outcome in outcomes] == ([CHAIN_ACCOUNT] if has_one else [])


async def test_a_base_stops_trying_when_the_time_is_over(database: Database, catalogue: Catalogue) -> None:
    fake = FakeNotifier(seconds=60, otherwise=LineStatus.UNREACHABLE)
    device = builders.device(builders.identifier("acct"), **_MASTER)
    read = await _read(database, catalogue, device)
    handset = builders.handset(device, ipei="0328A0000F", slot_number=1)
    async with database.write() as conn:
        await devices.insert_device(conn, database.sealer, handset)
        for number in (1, 2):
            user = builders.user(device.account_id, sip_username=f"20{number}")
            await users.insert_user(conn, database.sealer, user)
            one = builders.assignment(handset, user, number, account_number=number)
            await assignments.insert_assignment(conn, one)
        read = await read_accounts(conn, database.sealer, catalogue, device.account_id, device.id)
    started = asyncio.get_running_loop().time()
    outcomes = await Sender(fake, timeout=0.4).send(read, reboot=False)
    assert asyncio.get_running_loop().time() - started < 50
    assert fake.users == ["201"]
    assert [outcome.status for outcome in outcomes] == [LineStatus.UNREACHABLE]
