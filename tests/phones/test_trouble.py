"""Bad input, floods and outages on the phone side."""

import asyncio
import io
import random
from pathlib import Path

import orjson
import pytest

from provserver.domain.device import DeviceStatus
from provserver.domain.errors import StoreUnavailable
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.store import unknown_devices
from provserver.store.pages import PageRequest
from tests.phones.conftest import SNOM_AGENT, YEALINK_AGENT, MakeOffice, Office
from tests.store.statements import watched

MAC = "000413aabbcc"
FILE = f"snomD785-{MAC.upper()}.htm"
AGENT = SNOM_AGENT.format(mac=MAC.upper())


async def raw(office: Office, request: bytes) -> bytes:
    """Bytes over a socket, as no HTTP library would send them."""
    assert office.client.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", office.client.port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "target",
    [
        "/..%2fsecret.key",
        "/../secret.key",
        "/%2e%2e/secret.key",
        f"/x/..%5c{FILE}",
        f"/snom%00D785-{MAC.upper()}.htm",
        "/%ff%fe.cfg",
        f"//{FILE}",
        f"/{'a' * 4000}",
        f"/p/{FILE}",
        "/p//",
        "/",
        f"/%0d%0aSet-Cookie:x/{FILE}",
        "/?mac=ff:ff:ff:ff:ff:ff",
        "/snom.xml?mac=%00",
    ],
)
async def test_a_strange_path_is_the_uniform_404(office: Office, target: str) -> None:
    device, _ = await office.phone(MAC, "snom")
    answer = await raw(office, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert answer.endswith(b"\r\n\r\nNot found\n")
    assert (await office.stored(device)).status is DeviceStatus.PENDING_SYNC


@pytest.mark.parametrize("target", [b"/\xc8.cfg", b"/p/\xff/x.cfg", b"/x.cfg?mac=\xc8", b"/x.cfg?\xc8=\xc8"])
async def test_a_path_of_no_known_encoding_is_a_bad_request(office: Office, target: bytes) -> None:
    answer = await raw(office, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 400 Bad Request\r\n")


@pytest.mark.parametrize("header", [b'Digest username="\xc8", realm="\xff"', b"Basic \xc8", b"Digest \xc8=\xc8"])
async def test_credentials_of_no_known_encoding_are_none(office: Office, header: bytes) -> None:
    await office.phone(MAC, "snom")
    head = f"GET /d/{FILE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ".encode()
    assert (await raw(office, head + header + b"\r\n\r\n")).startswith(b"HTTP/1.1 401 Unauthorized\r\n")


@pytest.mark.parametrize("name", ["If-None-Match", "Range", "Host", "X-Forwarded-For", "X-Forwarded-Proto", "Cookie"])
async def test_a_header_of_no_known_encoding_does_no_harm(office: Office, name: str) -> None:
    await office.phone(MAC, "snom")
    answer = await raw(office, f"GET /{FILE} HTTP/1.0\r\n{name}: ".encode() + b"\xc8\xff\r\n\r\n")
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")


async def test_a_very_long_user_agent_does_no_harm(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    assert (await office.get(f"/{FILE}", "Yealink SIP-" + "A" * 7000)).status == 200
    event = (await office.events(device))[0]
    assert event.user_agent is not None
    assert len(event.user_agent) == 512


async def test_a_user_agent_of_no_known_encoding_does_no_harm(office: Office) -> None:
    await office.phone(MAC, "snom")
    request = f"GET /{FILE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nUser-Agent: ".encode() + b"\xff\xfe\xe9\r\n\r\n"
    assert (await raw(office, request)).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS", "PROPFIND"])
async def test_only_get_and_head_are_answered(office: Office, method: str) -> None:
    await office.phone(MAC, "snom")
    answer = await office.get(f"/{FILE}", AGENT, method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_unknown_phones_are_listed_for_the_operator(office: Office) -> None:
    await office.get("/snomD865-000413000001.htm", SNOM_AGENT.format(mac="000413000001").replace("D785", "D865"))
    await office.get("/snomD865-000413000001.htm", SNOM_AGENT.format(mac="000413000001").replace("D785", "D865"))
    await office.shared.unknown.flush()
    async with office.database.read() as conn:
        listed = (await unknown_devices.list_unknown(conn, PageRequest(limit=10))).items
    assert [(str(item.mac), item.vendor, item.model, item.count) for item in listed] == [
        ("00:04:13:00:00:01", "snom", "D865", 2)
    ]


async def test_a_flood_of_made_up_macs_stays_in_bounds_and_known_phones_are_served(make_office: MakeOffice) -> None:
    office = await make_office(unknown_limit=50)
    await office.phone(MAC, "snom")
    chance = random.Random(1)  # noqa: S311 - made-up MACs, the same in every run
    for _ in range(6):
        macs = [f"000413{chance.randrange(2**24):06x}" for _ in range(40)]
        await asyncio.gather(*(office.get(f"/{mac}.xml") for mac in macs))
        await office.shared.unknown.flush()
    async with office.database.read() as conn:
        listed = (await unknown_devices.list_unknown(conn, PageRequest(limit=100))).items
    assert len(listed) == 50
    assert (await office.get(f"/{FILE}", AGENT)).status == 200


async def test_a_database_that_is_down_never_looks_like_an_unknown_phone(
    json_log: io.BytesIO, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 404 would make phones forget us; 503 makes them come back. The log tells whom it was given to."""

    def down() -> None:
        raise StoreUnavailable("disk I/O error")

    monkeypatch.setattr(type(office.database), "look_up", lambda *_: down())
    answer = await office.get(f"/{FILE}", AGENT)
    assert answer.status == 503
    assert 10 <= int(answer.headers["Retry-After"]) < 50
    line = orjson.loads(json_log.getvalue().splitlines()[-1])
    assert (line["status"], line["mac"], line["file"], line["vendor"]) == (503, "00:04:13:aa:bb:cc", FILE, "snom")


async def test_a_broken_template_is_500_and_in_the_devices_history(make_office: MakeOffice, tmp_path: Path) -> None:
    office = await make_office()
    device, _ = await office.phone(MAC, "snom")
    (tmp_path / "snom").mkdir()
    (tmp_path / "snom" / "settings.xml.j2").write_text("{{ nothing.like.this }}")
    object.__setattr__(office.provisioning.document_source, "renderer", Renderer(build_environment([tmp_path])))
    answer = await office.get(f"/{FILE}", AGENT)
    assert answer.status == 500
    assert "nothing" not in await answer.text()
    event = (await office.events(device))[0]
    assert (event.type, event.status) == ("config_error", 500)
    assert "snom/settings.xml.j2" in event.details["error"]
    assert (await office.stored(device)).status is DeviceStatus.PENDING_SYNC


async def test_nothing_secret_is_logged(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    device, user = await office.phone(MAC, "snom")
    await office.get(f"/{FILE}", AGENT)
    await office.get(f"/p/{device.token}/{FILE}", AGENT)
    said = "".join(capsys.readouterr())
    assert "phone_request" in said
    assert device.token is not None
    assert device.token not in said
    assert user.sip_password not in said


async def test_the_phone_path_runs_a_fixed_number_of_statements(office: Office) -> None:
    """Three statements to make a file, none to give it again: also for a phone with sixteen lines."""
    device, _ = await office.phone(MAC, "snom", users_on_it=12)
    path = f"/p/{device.token}/{FILE}"
    await office.get(path, AGENT)
    await office.stored(device)
    with watched(office.database) as again:
        await office.get(path, AGENT)
    await office.set_layer(device.id, {"sip": {"register_expires": 777}})
    with watched(office.database) as changed:
        await office.get(path, AGENT)
    assert not [text for text, _ in again if text.startswith("SELECT")]
    assert len([text for text, _ in changed if text.startswith("SELECT")]) == 3


async def test_the_files_of_one_boot_are_made_from_what_was_read_once(office: Office) -> None:
    """A phone that boots asks for one file after the other; what has changed meanwhile is in the next all the same."""
    device, _ = await office.phone("805ec0aabbcc", "yealink")
    boot, config = (f"/p/{device.token}/805ec0aabbcc.{ending}" for ending in ("boot", "cfg"))
    assert (await office.get(boot)).status == 200
    with watched(office.database) as sent:
        first = await (await office.get(config)).text()
    assert not [text for text, _ in sent if "sip_password_sealed" in text]
    await office.set_layer(device.id, {"network": {"ntp_server": "new.example.com"}})
    assert "new.example.com" not in first
    assert (await office.get(boot)).status == 200
    assert "new.example.com" in await (await office.get(config)).text()


async def test_those_who_are_told_to_come_back_do_not_come_back_together(make_office: MakeOffice) -> None:
    """A city of phones that all come back in thirty seconds is the same storm once more."""
    office: Office = await make_office()
    office.face.admission._limit = 0
    answers = [await office.get(f"/805ec0aabb{n:02x}.cfg", AGENT) for n in range(30)]
    assert {answer.status for answer in answers} == {503}
    assert len({answer.headers["Retry-After"] for answer in answers}) > 10


async def test_a_crowd_beyond_the_limit_is_told_so_and_the_next_one_served(make_office: MakeOffice) -> None:
    office: Office = await make_office()
    device, _ = await office.phone("805ec0aabbcc", "yealink")
    path = f"/p/{device.token}/805ec0aabbcc.cfg"
    for limit, status in ((0, 503), (1, 200)):
        office.face.admission._limit = limit
        assert (await office.get(path, YEALINK_AGENT.format(mac="805ec0aabbcc"))).status == status
