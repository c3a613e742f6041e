"""The proxy configurations that we hand out, with real phones' certificates through the real proxies."""

import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.trust import VendorTrust
from provserver.phones.app import build_phones
from tests.deploy.proxies import Ports, caddy, nginx
from tests.listening.openings import opened, ran
from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office, make_office  # noqa: F401 - a fixture
from tests.pki import Authority, Issued, rsa_key

MAC, OTHER = "805ec0aabbcc", "805ec0aabbdd"
FILE = f"/{MAC}.cfg"
AGENT = {"User-Agent": YEALINK_AGENT.format(mac=MAC)}
HERE = (ip_network("127.0.0.0/8"),)

WEB, YEALINK, STRANGER = Authority("Web root"), Authority("Yealink root"), Authority("Anybody's root")
OWN = YEALINK.issue(CN=MAC)
TRUST = VendorTrust({"yealink": [YEALINK.certificate]})

Proxy = Callable[[Path, int], AbstractAsyncContextManager[Ports]]


@pytest.fixture(params=[nginx, caddy])
def proxy(request: pytest.FixtureRequest) -> Any:
    return request.param


@asynccontextmanager
async def behind(proxy: Proxy, office: Office, folder: Path) -> AsyncIterator[Ports]:
    """The office's phone listener behind the proxy."""
    WEB.issue(dns="localhost", CN="localhost", key=rsa_key()).write(folder / "tls", "rsa")
    WEB.issue(dns="localhost", CN="localhost").write(folder / "tls", "ecdsa")
    async with (
        opened(build_phones(office.face), ListenerPolicy(connections=ConnectionLimit(100))) as port,
        proxy(folder, port) as ports,
    ):
        yield ports


async def fetch(url: str, folder: Path, shown: Issued | None = None, **headers: str) -> tuple[int, str]:
    context = ssl.create_default_context(cadata=WEB.certificate.public_bytes(Encoding.PEM).decode())
    if shown:
        context.load_cert_chain(*shown.write(folder / "phone", "phone"))
    connector = aiohttp.TCPConnector(ssl=context)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(url, headers={**AGENT, **named}, allow_redirects=False) as answer,
    ):
        return answer.status, answer.headers.get("Location") or await answer.text()


@pytest.fixture
async def office(make_office: MakeOffice) -> Office:  # noqa: F811 - the fixture
    office: Office = await make_office(
        auth=("certificate",), trust=TRUST, trusted_proxies=HERE, client_certificate_header="X-SSL-Client-Cert"
    )
    await office.phone(MAC, "yealink", window_until=None)
    await office.phone(OTHER, "yealink", window_until=None)
    return office


async def test_a_phones_certificate_opens_its_file_through_the_proxy(
    office: Office, proxy: Proxy, tmp_path: Path
) -> None:
    async with behind(proxy, office, tmp_path) as ports:
        here = f"https://localhost:{ports.https}"
        status, text = await fetch(here + FILE, tmp_path, OWN)
        assert status == 200
        assert "account.1." in text
        assert "static.auto_provision.server.url = https://localhost" in text
        assert (await fetch(f"{here}/{OTHER}.cfg", tmp_path, OWN))[0] == 404


async def test_no_phone_gets_another_certificate_past_the_proxy(office: Office, proxy: Proxy, tmp_path: Path) -> None:
    """Not from another CA, and not in the header itself, with a certificate of its own or without."""
    spoofed = base64.b64encode(OWN.der).decode()
    async with behind(proxy, office, tmp_path) as ports:
        here = f"https://localhost:{ports.https}{FILE}"
        assert (await fetch(here, tmp_path))[0] == 404
        assert (await fetch(here, tmp_path, X_SSL_Client_Cert=spoofed))[0] == 404
        assert (await fetch(here, tmp_path, STRANGER.issue(CN=MAC), X_SSL_Client_Cert=spoofed))[0] == 404
        assert (await fetch(here, tmp_path, YEALINK.issue(CN=OTHER), X_SSL_Client_Cert=spoofed))[0] == 404


async def test_http_leads_to_https(office: Office, proxy: Proxy, tmp_path: Path) -> None:
    async with behind(proxy, office, tmp_path) as ports:
        status, location = await fetch(f"http://localhost:{ports.http}{FILE}", tmp_path)
    assert status in (301, 308)
    assert location.startswith("https://localhost")
    assert location.endswith(FILE)


async def test_an_old_phone_has_its_own_port_at_nginx(office: Office, tmp_path: Path) -> None:
    certificate, key = OWN.write(tmp_path / "phone", "phone")
    request = f"GET {FILE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    old = ["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0", "-cert", str(certificate), "-key", str(key), "-ign_eof"]
    async with behind(nginx, office, tmp_path) as ports:
        _, text = await ran("openssl", "s_client", "-connect", f"127.0.0.1:{ports.old}", *old, sent=request)
        assert "HTTP/1.1 200 OK" in text
        _, text = await ran("openssl", "s_client", "-connect", f"127.0.0.1:{ports.https}", *old, sent=request)
        assert "200 OK" not in text
