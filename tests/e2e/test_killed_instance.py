"""A machine dies in the middle of a storm: phones go to the other one, and nothing that was answered is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from provserver.domain.catalogue import Catalogue
from provserver.simulation.boot import BootingPhone, Habits
from provserver.simulation.fleet import fleet
from provserver.simulation.setting_up import Operator
from provserver.simulation.tally import Tally
from tests.postgres import OwnDatabase

from .instances import sharing
from .process import KEY, Server

PHONES = 32
AT_ONCE = 8


@pytest.fixture
def instances(tmp_path: Path, own_postgres: OwnDatabase) -> Iterator[list[Server]]:
    """Two of them, as they are by default: their proofs are a window and then the secret address."""
    asyncio.run(own_postgres.empty())
    with sharing(tmp_path, ("one", "two"), own_postgres.url) as servers:
        yield servers


async def test_phones_of_a_killed_instance_need_one_more_try_and_keep_what_they_were_told(
    instances: list[Server], catalogue: Catalogue
) -> None:
    """No phone goes without, and each one's secret address is good at the instance that lives."""
    killed, living = instances
    phones = [BootingPhone(phone) for phone in fleet(catalogue, PHONES, seed=1)]
    habits = Habits(urls=(killed.phones, living.phones), patience=60, tries=30, pause=0.2)  # of a busy machine
    async with ClientSession() as http:
        operator = Operator(http, living.api, KEY)
        await operator.open_account("Acme")
        await operator.add_phones([phone.phone for phone in phones], 1, lambda _: None)
        first = await _storm(phones, habits, kill=killed)
        again = await _storm(phones, habits)
        pending = await operator.call("GET", "/v1/devices?status=pending-sync")
    assert killed.process.wait(30) < 0
    assert (first.failures, first.booted) == ({}, PHONES)
    assert first.retries > 0, "it was killed too late to be missed"
    assert (again.failures, again.booted) == ({}, PHONES)
    assert pending["data"] == []


async def _storm(phones: list[BootingPhone], habits: Habits, kill: Server | None = None) -> Tally:
    """All boot, some at a time; an instance is killed with -9 when a third of them has."""
    tally, dialling, turn = Tally(), habits.dialling(), asyncio.Semaphore(AT_ONCE)

    async def boot(phone: BootingPhone) -> None:
        async with turn:
            await phone.boot(habits, dialling, tally, lambda: 0.0)
        if kill and tally.boots == PHONES // 3:
            kill.process.kill()

    await asyncio.gather(*(boot(phone) for phone in phones))
    return tally
