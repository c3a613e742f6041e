"""A simulated phone behaves as phones do: patient up to a point, stubborn, and loyal to the address it was told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from provserver.domain.device import DeviceType
from provserver.simulation.boot import BootingPhone, Habits
from provserver.simulation.fleet import AskedFile, SimulatedPhone
from provserver.simulation.tally import Tally
from tests.pki import Authority
from tests.ports import free_port

_TOKEN = "abcdefghijklmnop234567"
_FILES = (AskedFile(name="common.cfg", configures=False), AskedFile(name="own.cfg", configures=True))

Handler = Callable[[web.Request], Awaitable[web.Response]]


def _phone() -> BootingPhone:
    return BootingPhone(
        SimulatedPhone(
            mac="020000000001", vendor="acme", type=DeviceType.DESKPHONE, model="A1", agent="Acme A1", files=_FILES
        )
    )


@asynccontextmanager
async def _server(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    server = TestServer(app, scheme="https" if tls else "http")
    await server.start_server(ssl=tls)
    async with server:
        yield str(server.make_url("")).rstrip("/")


async def _boot(phone: BootingPhone, *urls: str, tries: int = 3, patience: float = 60) -> Tally:
    habits, tally = Habits(urls=urls, patience=patience, tries=tries, pause=0), Tally()
    await phone.boot(habits, habits.dialling(), tally, lambda: 0.0)
    return tally


async def test_a_phone_asks_in_order_and_moves_to_the_folder_it_was_told() -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["User-Agent"]))
        if request.path.endswith("common.cfg"):
            return web.Response(status=404)
        return web.Response(text=f"url = https://elsewhere.example.com/p/{_TOKEN}/")

    phone = _phone()
    async with _server(handler) as url:
        first, second = await _boot(phone, url), await _boot(phone, url)
    assert asked == [
        ("/common.cfg", "Acme A1"),
        ("/own.cfg", "Acme A1"),
        (f"/p/{_TOKEN}/common.cfg", "Acme A1"),
        (f"/p/{_TOKEN}/own.cfg", "Acme A1"),
    ]
    assert (first.booted, second.booted) == (1, 1)
    assert first.statuses == {"200": 1, "404": 1}


async def test_trouble_is_tried_again_and_counted() -> None:
    answers = iter([503, 200, 500, 200])

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=next(answers))

    async with _server(handler) as url:
        tally = await _boot(_phone(), url)
    assert (tally.booted, tally.retries) == (1, 2)


async def test_without_its_configuration_a_phone_has_not_booted() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=404)

    async with _server(handler) as url:
        tally = await _boot(_phone(), url)
    assert (tally.booted, tally.retries) == (0, 0), "a refusal is final: phones do not insist"
    assert tally.failures == {"404 for its configuration": 1}


async def test_a_phone_with_one_of_its_configurations_has_booted() -> None:
    """Cisco's ask for their own file and for one of their model, which is refused until they have a folder."""

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path == "/own.cfg" else 404)

    phone = _phone()
    model = AskedFile(name="model.cfg", configures=True)
    for files in ((*_FILES, model), (model, *_FILES)):
        phone.phone = phone.phone.model_copy(update={"files": files})
        async with _server(handler) as url:
            assert (await _boot(phone, url)).booted == 1


async def test_a_silent_server_is_given_up_after_all_tries() -> None:
    async def handler(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async with _server(handler) as url:
        tally = await _boot(_phone(), url, tries=2, patience=0.1)
    assert tally.failures == {"timeout": 1}
    assert tally.statuses == {"timeout": 2}


async def test_a_server_that_is_not_there_is_no_connection() -> None:
    tally = await _boot(_phone(), f"http://127.0.0.1:{free_port()}", tries=1)
    assert tally.failures == {"no connection": 1}


async def test_being_sent_to_what_is_no_address_is_no_connection() -> None:
    """Else one such answer ended the whole simulation."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://[::1/"})

    async with _server(handler) as url:
        tally = await _boot(_phone(), url, tries=1)
    assert tally.failures == {"no connection": 1}


async def test_a_certificate_that_phones_would_not_take_is_told(tmp_path: Path) -> None:
    async def handler(_: web.Request) -> web.Response:
        raise AssertionError

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*Authority("Somebody").issue(dns="localhost").write(tmp_path, "server"))
    async with _server(handler, tls) as url:
        tally = await _boot(_phone(), url, tries=1)
    assert tally.failures == {"bad certificate": 1}


async def test_with_several_addresses_a_phone_moves_on_from_one_that_is_dead_and_stays_there() -> None:
    """Else a machine that dies would keep its phones from booting though others live, or cost a try for every file."""

    async def handler(_: web.Request) -> web.Response:
        return web.Response()

    dead = f"http://127.0.0.1:{free_port()}"
    retries = []
    async with _server(handler) as url:
        for urls in ((dead, url), (url, dead)):
            phone = _phone()
            for _ in range(2):
                tally = await _boot(phone, *urls)
                assert tally.booted == 1
                retries.append(tally.retries)
    assert sorted(retries) == [0, 0, 0, 1]
