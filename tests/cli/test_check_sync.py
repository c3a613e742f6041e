"""`check-sync`: the operator tells one phone, or all of them."""

import asyncio
import re

import pytest

from provserver.config.loading import load_config
from provserver.database_setup import open_database
from provserver.domain.checksync import LineStatus
from provserver.domain.mac import Mac
from provserver.store import accounts, assignments, devices, layers, users
from tests.cli.conftest import MAC, Command, Place
from tests.services.fake_notifier import FakeNotifier
from tests.store import builders


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> FakeNotifier:
    """What the commands tell phones with."""
    fake = FakeNotifier()
    monkeypatch.setattr("provserver.foundation.OnDemand", lambda *_, **__: fake)
    return fake


def test_one_phone_is_told(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    text = command("check-sync", "000413AABBCC").stdout
    assert re.search(r"1 +│ delivered +│ 200", text)
    assert notifier.events == ["check-sync;reboot=false"]


def test_reboot_reaches_the_phone(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    command("check-sync", MAC, "--reboot")
    assert notifier.events == ["check-sync;reboot=true"]


def test_a_phone_that_could_not_be_told_is_exit_code_1(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    notifier.otherwise = LineStatus.UNREACHABLE
    result = command("check-sync", MAC, code=1)
    assert "unreachable" in result.stdout
    assert "does not answer" in result.stderr


def test_only_if_stale_tells_a_phone_that_never_fetched(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    command("check-sync", MAC, "--only-if-stale")
    assert len(notifier.sent) == 1


@pytest.mark.parametrize("arguments", [(), (MAC, "--all"), (MAC, "--account", "acct_1"), ("--all", "--rate", "0")])
def test_what_makes_no_sense_is_told_before_anything_happens(
    command: Command, phone: Place, notifier: FakeNotifier, arguments: tuple[str, ...]
) -> None:
    command("check-sync", *arguments, code=2)
    assert notifier.sent == []


def test_a_mac_that_is_nobodys(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    assert "there is no device" in command("check-sync", "000413000001", code=1).stderr


def test_all_phones_of_all_accounts_are_told(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    asyncio.run(_add_accounts(phone, 2))
    result = command("check-sync", "--all", "--rate", "100")
    assert re.search(r"delivered +│ 3", result.stdout)
    assert len(set(notifier.users)) == len(notifier.sent) == 3


def test_all_phones_of_which_none_accepts_is_exit_code_1_and_of_which_one_does_is_not(
    command: Command, phone: Place, notifier: FakeNotifier
) -> None:
    """A script that rolls out a change must not take a PBX that refuses everything for success."""
    asyncio.run(_add_accounts(phone, 1))
    notifier.otherwise = LineStatus.NOT_REGISTERED
    result = command("check-sync", "--all", "--rate", "100", code=1)
    assert re.search(r"not_registered +│ 2", result.stdout)
    assert "no device has accepted" in result.stderr
    notifier.answers["201"] = LineStatus.DELIVERED
    result = command("check-sync", "--all", "--rate", "100")
    assert re.search(r"delivered +│ 1", result.stdout)


def test_no_phone_at_all_is_no_failure(command: Command, place: Place, notifier: FakeNotifier) -> None:
    assert "there is no device to tell" in command("check-sync", "--all").stdout


def test_all_phones_of_one_account(command: Command, phone: Place, notifier: FakeNotifier) -> None:
    [account_id] = asyncio.run(_add_accounts(phone, 1))
    command("check-sync", "--all", "--account", account_id, "--rate", "100")
    assert notifier.users == ["201"]
    assert "there is no" in command("check-sync", "--all", "--account", "acct_nobody", code=1).stderr


async def _add_accounts(place: Place, count: int) -> list[str]:
    """Accounts with one phone each."""
    made = []
    async with open_database(load_config(place.config, {})) as database, database.write() as conn:
        for number in range(1, count + 1):
            account = builders.account(name=f"Account {number}")
            device = builders.device(account.id, mac=Mac(f"00041300000{number}"), vendor="snom")
            user = builders.user(account.id, sip_username=f"20{number}")
            await accounts.insert_account(conn, account)
            await users.insert_user(conn, database.sealer, user)
            await devices.insert_device(conn, database.sealer, device)
            await assignments.insert_assignment(conn, builders.assignment(device, user))
            shared = {"abstractions": {"sip": {"domain": "pbx.example.com"}}}
            await layers.write_layer(conn, database.sealer, account.id, shared, at=builders.START)
            made.append(account.id)
    return made
