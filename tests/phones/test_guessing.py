"""Whoever guesses MACs is slowed; phones that belong are served, also at the same address."""

import asyncio
import time
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog

from provserver.config import Log
from provserver.logs import configure_logging
from provserver.services.change import Actor, Change
from provserver.services.paging import PageRequest
from provserver.services.protection import blocked_sources
from provserver.store import devices
from tests.phones.conftest import SNOM_AGENT, MakeOffice, Office
from tests.store.statements import watched

MAC = "000413aabbcc"
FILE = f"snomD785-{MAC.upper()}.htm"
AGENT = SNOM_AGENT.format(mac=MAC.upper())
FILTER = Path(__file__).parents[2] / "deploy/fail2ban/provserver.conf"
HERE = (ip_network("127.0.0.0/8"),)
LIMIT = 3


@pytest.fixture
async def besieged(make_office: MakeOffice) -> Office:
    """An office whose address has asked for as many unknown MACs as it may."""
    office: Office = await make_office(guessing={"limit": LIMIT})
    await _guess(office, range(LIMIT))
    return office


async def _guess(office: Office, numbers: range) -> None:
    for number in numbers:
        assert (await office.get(f"/000413{number:06x}.xml")).status == 404


async def _release(office: Office, source: str) -> None:
    async with office.database.write() as conn:
        sources = office.provisioning.sources
        await blocked_sources.release(
            Change(conn, office.database.sealer, sources, Actor("test"), office.clock()), source
        )


async def test_beyond_the_limit_the_store_is_not_asked_and_the_answer_is_the_same(besieged: Office) -> None:
    await besieged.phone(MAC, "snom")
    with watched(besieged.database) as sent:
        guess = await besieged.get(f"/{FILE}", AGENT)
    before = await besieged.get("/000413000001.xml")
    assert sent == []
    assert await guess.read() == await before.read()
    assert {**guess.headers, "Date": ""} == {**before.headers, "Date": ""}


async def test_proven_phones_at_the_same_address_are_served(besieged: Office) -> None:
    """The office of the guesser has phones as well, whatever is guessed from there."""
    device, _ = await besieged.phone(MAC, "snom")
    assert (await besieged.get(f"/p/{device.token}/{FILE}", AGENT)).status == 200
    assert (await besieged.get(f"/p/{'a' * 32}/{FILE}", AGENT)).status == 404


async def test_an_open_window_is_no_proof_for_a_guesser(besieged: Office) -> None:
    """A token beside the MAC, any one, must not lead around the limit either."""
    other, _ = await besieged.phone("000413aabbdd", "snom")
    async with besieged.database.write() as conn:
        await devices.delete_device(conn, other.account_id, other.id, at=besieged.clock())
    again, _ = await besieged.phone("000413aabbdd", "snom")
    assert (await besieged.get(f"/p/{other.token}/snomD785-000413AABBDD.htm")).status == 404
    assert (await besieged.stored(again)).window_address is None


async def test_a_phone_that_knocked_in_time_is_served_as_soon_as_it_is_known(besieged: Office) -> None:
    """A new office plugs in its phones first and adds them then."""
    await besieged.phone("000413000001", "snom")
    assert (await besieged.get("/snomD785-000413000001.htm")).status == 200


async def test_many_known_phones_behind_one_address_are_never_locked_out(make_office: MakeOffice) -> None:
    office = await make_office(guessing={"limit": 2})
    known = [(await office.phone(f"0004130000{number:02x}", "snom"))[0] for number in range(8)]
    for device in known:
        assert device.mac
        assert (await office.get(f"/snomD785-{device.mac.upper}.htm")).status == 200
    for device in known * 2:
        assert device.mac
        assert (await office.get(f"/p/{device.token}/snomD785-{device.mac.upper}.htm")).status == 200


async def test_known_macs_without_a_proof_are_guesses_too(make_office: MakeOffice) -> None:
    office = await make_office(auth=("token",), guessing={"limit": 2})
    for number in range(2):
        await office.phone(f"0004130000{number:02x}", "snom")
        await office.get(f"/snomD785-0004130000{number:02X}.htm")
    await office.contacts.flush()
    with watched(office.database) as sent:
        await office.get(f"/{FILE}")
    assert sent == []


async def test_an_exempt_network_is_never_counted(make_office: MakeOffice) -> None:
    office = await make_office(guessing={"limit": 1, "exempt": ["127.0.0.0/8"]})
    await _guess(office, range(5))
    await office.phone(MAC, "snom")
    assert (await office.get(f"/{FILE}", AGENT)).status == 200


async def test_who_is_blocked_is_listed_and_can_be_released(besieged: Office) -> None:
    await _guess(besieged, range(10, 13))
    await besieged.phone(MAC, "snom")
    await besieged.shared.guard.flush()
    async with besieged.database.read() as conn:
        listed = (await blocked_sources.list_blocked(conn, PageRequest(), now=besieged.clock.now)).items
    assert [(one.source, one.last_address, one.refused) for one in listed] == [("127.0.0.1", "127.0.0.1", 3)]
    await _release(besieged, "127.0.0.1")
    await besieged.shared.guard.flush()  # another process may have released it
    assert (await besieged.get(f"/{FILE}", AGENT)).status == 200
    await besieged.shared.guard.flush()
    async with besieged.database.read() as conn:
        assert (await blocked_sources.list_blocked(conn, PageRequest(), now=besieged.clock.now)).items == []


async def test_an_hour_later_it_is_over_by_itself(besieged: Office) -> None:
    await besieged.phone(MAC, "snom")
    await besieged.shared.guard.flush()
    besieged.clock.advance(hours=1, seconds=1)
    assert (await besieged.get(f"/{FILE}", AGENT)).status == 200
    async with besieged.database.read() as conn:
        assert (await blocked_sources.list_blocked(conn, PageRequest(), now=besieged.clock.now)).items == []


@pytest.fixture
def _log_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("_log_as_before")
@pytest.mark.parametrize("form", ["text", "json"])
async def test_fail2ban_finds_the_guesser_and_nobody_else(
    make_office: MakeOffice, capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    """The real program reads the real log; file names of requests that imitate the line are in it, too."""
    configure_logging(Log.model_validate({"format": form}))
    office = await make_office(guessing={"limit": 1}, trusted_proxies=HERE)
    for address in ("192.0.2.66", "2001:db8::66"):
        for number in range(4):
            await office.get(f"/000413{number:06x}.xml", X_Forwarded_For=address)
    forged = "/[warning  ] too_many_unknown_macs source=192.0.2.1"
    await office.get(forged.replace(" ", "%20"), f"x\n{forged}".replace("\n", " "), X_Forwarded_For="192.0.2.2")
    log = tmp_path / "provserver.log"
    log.write_text(capsys.readouterr().err)
    reader = await asyncio.create_subprocess_exec(
        *("fail2ban-regex", "--out", "ip", str(log), str(FILTER)), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await reader.communicate()
    assert told.decode().split() == ["192.0.2.66", "2001:db8::66"]


async def test_refusals_come_after_the_same_time(make_office: MakeOffice) -> None:
    """None is there sooner because less had to be found out; the figures are those of tests/bench/refusals.py."""
    office = await make_office(auth=("token",))
    await office.phone(MAC, "snom")
    for path in (f"/{FILE}", "/000413000001.xml", f"/p/{'a' * 32}/{FILE}", f"/d/{FILE}", "/d/000413000001.xml"):
        started = time.perf_counter()
        assert (await office.get(path)).status in (401, 404)
        assert time.perf_counter() - started >= 0.02
