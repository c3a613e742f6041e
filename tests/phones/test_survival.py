"""With the database gone, known phones keep their files, nobody else gets one, and contacts are written later."""

import asyncio
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from provserver.domain.device import Device
from provserver.domain.errors import StoreUnavailable
from provserver.services.fetching.contacts import ContactWriter
from provserver.store import tokens
from provserver.store.database import Database
from provserver.store.devices import delete_device
from provserver.store.keyfile import create_key_file
from provserver.store.sealing import Sealer
from provserver.store.spool import Spool
from tests.patience import wait_for_the_server
from tests.phones.conftest import SNOM_AGENT, YEALINK_AGENT, MakeOffice, Office
from tests.phones.database_line import FileLine, Line, ServerLine
from tests.postgres import OwnDatabase

MAC = "805ec0aabbcc"
AGENT = YEALINK_AGENT.format(mac=MAC)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_the_server(monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def own(kind: str, request: pytest.FixtureRequest) -> OwnDatabase | None:
    return request.getfixturevalue("own_postgres") if kind == "postgresql" else None


@pytest.fixture
async def line(own: OwnDatabase | None, tmp_path: Path, blank_database: bytes) -> AsyncIterator[Line]:
    """The way to a migrated database, which is open."""
    create_key_file(tmp_path / "secret.key")
    sealer = Sealer.from_key_file(tmp_path / "secret.key")
    if own is None:
        (tmp_path / "provserver.db").write_bytes(blank_database)
        line: Line = FileLine(Database.open(f"sqlite+aiosqlite:///{tmp_path}/provserver.db", sealer))
    else:
        await own.empty()
        line = await ServerLine.to(own, sealer)
    yield line
    await line.database.close()
    await line.close()


@pytest.fixture
def database(line: Line) -> Database:
    return line.database


async def cut(line: Line, *offices: Office) -> None:
    """Nobody reaches the database any more; what these processes hold open ends with it."""
    await line.cut()
    for office in offices:
        if line.database.embedded:
            await office.provisioning.records._revalidator.close()


async def known_phone(office: Office, **fields: Any) -> tuple[Device, str]:
    """A phone that has had its file before, and the path of that file."""
    device, _ = await office.phone(MAC, "yealink", **fields)
    path = f"/p/{device.token}/{MAC}.cfg"
    async with asyncio.timeout(60):
        for _ in range(3):
            while (await office.get(path, AGENT)).status != 200:
                pass  # a busy machine answers later than phones have patience
            await office.contacts.flush()
    return device, path


async def back(contacts: ContactWriter) -> None:
    """Wait until what phones have left behind is written."""
    async with asyncio.timeout(60):
        await contacts.flush()
        while contacts.waiting:
            await asyncio.sleep(0.05)  # a database that is away is not asked more often than once a second
            await contacts.flush()


async def test_a_known_phone_is_served_and_what_it_left_is_written_when_the_database_is_back(
    make_office: MakeOffice, line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    office: Office = await make_office()
    device, path = await known_phone(office)
    whole = await (await office.get(path, AGENT)).text()
    before = await office.events(device)
    await cut(line, office)
    capsys.readouterr()
    answers = [await office.get(path, AGENT) for _ in range(3)]
    assert [(answer.status, await answer.text()) for answer in answers] == [(200, whole)] * 3
    etag = answers[0].headers["ETag"]
    assert (await office.get(path, AGENT, If_None_Match=etag)).status == 304
    said = capsys.readouterr().out.splitlines()
    assert len([told for told in said if "database" in told and "away" in told and "stale_for" in told]) == 4
    await line.mend()
    await back(office.contacts)
    written = (await office.events(device))[: -len(before)]
    assert [event.type for event in written] == ["config_not_modified", *["config_fetch"] * 3]
    assert (await office.stored(device)).last_seen_at == written[0].created_at


async def test_after_an_outage_a_change_is_in_the_very_next_fetch(make_office: MakeOffice, line: Line) -> None:
    office: Office = await make_office()
    device, path = await known_phone(office)
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 200
    await line.mend()
    await back(office.contacts)
    await office.set_layer(device.id, {"sip": {"domain": "new.example.com"}})
    assert "new.example.com" in await (await office.get(path, AGENT)).text()


async def test_a_cut_connection_alone_makes_nothing_stale(make_office: MakeOffice, line: Line) -> None:
    """The database is there, so that a write may have been answered: it is asked on another connection."""
    office: Office = await make_office()
    device, path = await known_phone(office)
    await office.set_layer(device.id, {"sip": {"domain": "new.example.com"}})
    await cut(line, office)
    await line.mend()
    assert "new.example.com" in await (await office.get(path, AGENT)).text()


async def test_what_was_seen_to_change_is_not_served_again(make_office: MakeOffice, line: Line) -> None:
    office: Office = await make_office()
    device, path = await known_phone(office)
    await office.set_layer(device.id, {"sip": {"domain": "new.example.com"}})
    await office.provisioning.records.confirm()
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 503


async def test_who_was_deleted_or_lost_a_secret_does_not_come_back_with_an_outage(
    make_office: MakeOffice, line: Line
) -> None:
    office: Office = await make_office()
    device, path = await known_phone(office)
    other, _ = await office.phone("000413aabbcc", "snom")
    burnt = f"/p/{other.token}/snomD785-000413AABBCC.htm"
    agent = SNOM_AGENT.format(mac="000413AABBCC")
    for _ in range(3):
        assert (await office.get(burnt, agent)).status == 200
        await office.contacts.flush()
    async with office.database.write() as conn:
        await delete_device(conn, device.account_id, device.id, at=office.clock())
        await tokens.replace_token(conn, office.database.sealer, other.id, "another-secret", overlap=False)
    await office.provisioning.records.confirm()
    await cut(line, office)
    assert ((await office.get(path, AGENT)).status, (await office.get(burnt, agent)).status) == (503, 503)


async def test_a_phone_that_has_just_had_its_first_file_survives_too(make_office: MakeOffice, line: Line) -> None:
    """Its contact has changed the record since it was read, so the minute's look must take it up again."""
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    path = f"/p/{device.token}/{MAC}.cfg"
    assert (await office.get(path, AGENT)).status == 200
    await office.provisioning.records.confirm()
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 200


@pytest.mark.parametrize("proof", ["token", "window"])
async def test_a_phone_whose_first_contact_was_the_last_thing_written_survives(
    make_office: MakeOffice, line: Line, proof: str
) -> None:
    """What was remembered of it before would make its next fetch the first one again, which needs the database."""
    office: Office = await make_office(auth=("token", "window"))
    device, _ = await office.phone(MAC, "yealink")
    path = f"/p/{device.token}/{MAC}.cfg"
    assert (await office.get(f"/{MAC}.cfg" if proof == "window" else path, AGENT)).status == 200
    if proof == "window":
        assert (await office.get(path, AGENT)).status == 200
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 200
    await line.mend()
    await back(office.contacts)
    events = [event.type for event in await office.events(device)]
    assert events.count("config_fetch") == (2 if proof == "token" else 3)


async def test_nobody_is_let_in_by_what_only_the_database_could_confirm(make_office: MakeOffice, line: Line) -> None:
    """Neither the window nor a stranger's MAC, and none of them is told that it is unknown."""
    office: Office = await make_office(auth=("token", "window", "open"))
    _, path = await known_phone(office)
    plain = f"/{MAC}.cfg"
    assert (await office.get(plain, AGENT)).status == 200
    pending, _ = await office.phone("805ec0aabbcd", "yealink")
    await cut(line, office)
    assert (await office.get(plain, AGENT)).status == 503
    assert (await office.get("/805ec0aabbce.cfg", YEALINK_AGENT.format(mac="805ec0aabbce"))).status == 503
    first = await office.get(f"/p/{pending.token}/805ec0aabbcd.cfg", YEALINK_AGENT.format(mac="805ec0aabbcd"))
    assert (first.status, first.headers["Retry-After"].isdigit()) == (503, True)
    assert (await office.get(path, AGENT)).status == 200


async def test_a_first_contact_is_not_half_done(make_office: MakeOffice, line: Line) -> None:
    """It must be durable before the phone gets its file, so it gets none, and nothing is written later."""
    office: Office = await make_office()
    device, _ = await office.phone(MAC, "yealink")
    path = f"/p/{device.token}/{MAC}.cfg"
    assert (await office.get(path, AGENT, method="HEAD")).status == 200
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 503
    await line.mend()
    async with asyncio.timeout(60):
        while (await office.get(path, AGENT)).status != 200:
            await office.contacts.flush()
    assert [event.type for event in await office.events(device)] == ["config_fetch", "model_detected"]


async def test_survival_ends_in_time_and_can_be_switched_off(make_office: MakeOffice, line: Line) -> None:
    office, without = await make_office(survival=3600), await make_office(survival=0)
    _, path = await known_phone(office)
    assert (await without.get(path, AGENT)).status == 200
    await cut(line, office, without)
    assert (await without.get(path, AGENT)).status == 503
    now = time.monotonic()
    office.provisioning.records._clock = lambda: now + 3500
    assert (await office.get(path, AGENT)).status == 200
    office.provisioning.records._clock = lambda: now + 3700
    assert (await office.get(path, AGENT)).status == 503


async def test_a_process_that_ends_in_an_outage_leaves_what_it_has_to_the_next(
    make_office: MakeOffice, line: Line, tmp_path: Path
) -> None:
    office: Office = await make_office()
    device, path = await known_phone(office)
    before = await office.events(device)
    await cut(line, office)
    for _ in range(3):
        assert (await office.get(path, AGENT)).status == 200
    await office.contacts.stop()
    (file,) = (tmp_path / "spool").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await line.mend()
    following, another = (ContactWriter(office.database, spool=Spool(tmp_path / "spool")) for _ in range(2))
    for writer in (following, another):
        writer.start()
    await back(following)
    assert len(await office.events(device)) == len(before) + 3
    assert not list((tmp_path / "spool").iterdir())
    for writer in (following, another):
        await writer.stop()


async def test_what_several_processes_have_left_is_taken_up_whole_also_while_serving(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    """After SIGHUP in an outage the old processes end when the new ones serve already; and one may follow many."""
    office: Office = await make_office()
    device, _ = await known_phone(office)
    (before, *_), spool = await office.events(device), Spool(tmp_path / "spool")
    following = ContactWriter(office.database, limit=2, spool=spool)
    following.start()
    for number in range(3):
        spool.keep([replace(before, id=f"evt_left_{number}_{one}") for one in range(2)])
    await following.take_up()
    left = [event for event in await office.events(device) if event.id.startswith("evt_left")]
    assert len(left) == 6
    assert not list((tmp_path / "spool").iterdir())
    await following.stop()


async def test_a_disk_that_is_full_does_not_keep_a_process_from_ending_well(
    make_office: MakeOffice, line: Line, tmp_path: Path
) -> None:
    office: Office = await make_office()
    _, path = await known_phone(office)
    (tmp_path / "spool").write_text("no folder: nothing can be written in it")
    office.contacts._spool = Spool(tmp_path / "spool")
    await cut(line, office)
    assert (await office.get(path, AGENT)).status == 200
    with capture_logs() as told:
        await office.contacts.stop()
    assert [(one["event"], one["count"]) for one in told if one["event"] == "contacts_not_kept"] == [
        ("contacts_not_kept", 1)
    ]


def test_a_spoiled_spool_file_is_left_aside(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[{")
    assert Spool(tmp_path).take() == []
    assert [file.name for file in tmp_path.iterdir()] == ["a.taken"]


async def test_what_is_past_the_bound_is_counted_and_the_first_are_kept(make_office: MakeOffice, line: Line) -> None:
    office: Office = await make_office(contact_limit=3)
    shed = []
    office.contacts._on_shed = lambda: shed.append(1)
    device, path = await known_phone(office)
    before = await office.events(device)
    await cut(line, office)
    for _ in range(5):
        assert (await office.get(path, AGENT)).status == 200
    assert (office.contacts.waiting, len(shed)) == (3, 2)
    await line.mend()
    await back(office.contacts)
    assert len(await office.events(device)) == len(before) + 3


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_network_that_swallows_everything_holds_up_the_first_phones_for_a_moment_and_then_nobody(
    make_office: MakeOffice, line: ServerLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provserver.store.breaker.PAUSE", 600)
    office: Office = await make_office()
    _, path = await known_phone(office)
    wait_for_the_server(monkeypatch, 0.5)
    line.stop_up()
    async with asyncio.timeout(60):
        assert (await office.get(path, AGENT)).status == 200
    asked_again = office.database.breaker._until
    answers = await asyncio.gather(*(office.get(path, AGENT) for _ in range(20)))
    with pytest.raises(StoreUnavailable):
        await office.database.ping()
    assert {answer.status for answer in answers} == {200}
    assert office.database.breaker._until == asked_again, "somebody has waited for the database once more"
    monkeypatch.undo()
    office.database.breaker.answered()
    await line.mend()
    await back(office.contacts)
