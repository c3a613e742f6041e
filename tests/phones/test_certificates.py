"""The factory certificate of a phone over real TLS: it opens that phone's file, and nothing else does by it."""

import base64
import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from provserver.domain.device import DeviceStatus
from provserver.domain.mac import Mac
from provserver.domain.refusals import Refusal
from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.identity import Identity, Terms, build_context
from provserver.listening.tls import ServerTls
from provserver.listening.trust import VendorTrust
from provserver.phones.app import build_phones
from tests.listening.openings import opened
from tests.phones.conftest import YEALINK_AGENT, MakeOffice, Office, Why
from tests.pki import Authority, Issued

MAC, OTHER = "805ec0aabbcc", "805ec0aabbdd"
FILE = f"/{MAC}.cfg"
HERE = (ip_network("127.0.0.0/8"),)
TWO_NAMED = Refusal.TWO_MACS.told(f"{Mac(MAC)}, {Mac(OTHER)}")
NOTHING_SHOWN = Refusal.NO_PROOF.told("it has shown nothing that is accepted")

YEALINK, SNOM, STRANGER = Authority("Yealink root"), Authority("Snom root"), Authority("Anybody's root")
FACTORY = YEALINK.under("Yealink factory")
OWN = FACTORY.issue(CN=MAC.upper())
WEB = Authority("Web root")


@pytest.fixture
def trust() -> VendorTrust:
    return VendorTrust({"yealink": [YEALINK.certificate], "snom": [SNOM.certificate]})


@pytest.fixture
def tls(tmp_path: Path) -> ListenerPolicy:
    identity = Identity(*WEB.issue(dns="localhost", CN="localhost").write(tmp_path / "server", "web"))
    return ListenerPolicy(
        connections=ConnectionLimit(100), tls=ServerTls(build_context([identity], Terms(ask_for=[YEALINK.certificate])))
    )


def phone(folder: Path, shown: Issued | None) -> ssl.SSLContext:
    """A phone's side of TLS, with the certificate it shows."""
    context = ssl.create_default_context(cadata=WEB.certificate.public_bytes(Encoding.PEM).decode())
    if shown:
        context.load_cert_chain(*shown.write(folder / "phone", "phone"))
    return context


async def fetch(office: Office, policy: ListenerPolicy, context: ssl.SSLContext, path: str = FILE) -> int:
    agent = {"User-Agent": YEALINK_AGENT.format(mac=MAC)}
    async with (
        opened(build_phones(office.face), policy) as port,
        aiohttp.ClientSession(f"https://localhost:{port}") as session,
        session.get(path, headers=agent, ssl=context) as answer,
    ):
        await answer.read()
        return answer.status


async def test_the_own_certificate_opens_the_file(
    make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    """With the CA between sent by the phone, and no window open."""
    office = await make_office(auth=("certificate",), trust=trust)
    device, _ = await office.phone(MAC, "yealink", window_until=None)
    assert await fetch(office, tls, phone(tmp_path, OWN)) == 200
    assert (await office.stored(device)).status is DeviceStatus.PROVISIONED


@pytest.mark.parametrize(
    "shown",
    [
        None,
        FACTORY.issue(CN="Yealink Equipment", O="Yealink"),
        FACTORY.issue(CN=f"x{MAC}"),
        SNOM.issue(CN=MAC),
        STRANGER.issue(CN=MAC),
        FACTORY.issue(CN=MAC, ends=-timedelta(days=1)),
    ],
    ids=["none", "generic", "substring", "other-vendor", "stranger", "expired"],
)
async def test_no_other_certificate_does(
    why: Why, make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path, shown: Issued | None
) -> None:
    office = await make_office(auth=("certificate",), trust=trust)
    await office.phone(MAC, "yealink")
    assert await fetch(office, tls, phone(tmp_path, shown)) == 404
    assert why() == NOTHING_SHOWN


async def test_a_certificate_of_another_phone_is_not_one_of_this(
    why: Why, make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    office = await make_office(auth=("certificate",), trust=trust)
    await office.phone(MAC, "yealink")
    assert await fetch(office, tls, phone(tmp_path, YEALINK.under("stolen").issue(CN=OTHER))) == 404
    assert why() == TWO_NAMED


async def test_a_certificate_cannot_sign_another_one(
    why: Why, make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    """Whoever takes a phone apart has its key; that makes nobody a CA."""
    office = await make_office(auth=("certificate",), trust=trust)
    await office.phone(MAC, "yealink")
    own = FACTORY.issue(CN=OTHER)
    forger = Authority("forger")
    forger.key, forger.name, forger.certificate = own.key, own.certificate.subject, own.certificate
    forger.between = (own.certificate, *own.between)
    assert await fetch(office, tls, phone(tmp_path, forger.issue(CN=MAC))) == 404
    assert why() == NOTHING_SHOWN


async def test_a_certificate_for_another_mac_refuses_whatever_else_holds(
    why: Why, make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    office = await make_office(auth=("certificate", "token", "window", "open"), trust=trust)
    device, _ = await office.phone(MAC, "yealink")
    await office.phone(OTHER, "yealink")
    for path in (FILE, f"/p/{device.token}{FILE}"):
        assert await fetch(office, tls, phone(tmp_path, FACTORY.issue(CN=OTHER)), path) == 404
        assert why() == TWO_NAMED


async def test_a_phone_with_a_certificate_that_is_worth_nothing_gets_in_by_its_token(
    make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    """Phones show what they have, whether its CA is configured or not; they must not be locked out for it."""
    office = await make_office(auth=("certificate", "token"), trust=trust)
    device, _ = await office.phone(MAC, "yealink")
    for shown in (STRANGER.issue(CN="Yealink Equipment"), STRANGER.issue(CN=MAC)):
        assert await fetch(office, tls, phone(tmp_path, shown), f"/p/{device.token}{FILE}") == 200


async def test_the_certificate_is_there_on_every_connection(
    make_office: MakeOffice, tls: ListenerPolicy, trust: VendorTrust, tmp_path: Path
) -> None:
    """A resumed session would bring no chain, and lock out a phone that came a second time."""
    office = await make_office(auth=("certificate",), trust=trust)
    await office.phone(MAC, "yealink")
    context = phone(tmp_path, OWN)
    agent = {"User-Agent": YEALINK_AGENT.format(mac=MAC)}
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context.minimum_version = context.maximum_version = version
        async with opened(build_phones(office.face), tls) as port:
            for _ in range(3):
                async with (
                    aiohttp.ClientSession(f"https://localhost:{port}") as session,
                    session.get(FILE, headers=agent, ssl=context) as answer,
                ):
                    assert answer.status == 200


def base64_of(issued: Issued) -> str:
    return base64.b64encode(issued.der).decode()


def spelled(issued: Issued) -> dict[str, tuple[str, str]]:
    """How each proxy passes a certificate on: header and value."""
    pem = issued.certificate.public_bytes(Encoding.PEM).decode()
    chain = "".join(one.public_bytes(Encoding.PEM).decode() for one in issued.chain)
    theirs = f'By=spiffe://x;Hash=ab;Cert="{quote(STRANGER.issue(CN=OTHER).pem.decode(), safe="")}"'
    return {
        "nginx": ("X-SSL-Client-Cert", quote(pem, safe="")),
        "nginx-folded": ("X-SSL-Client-Cert", pem.strip().replace("\n", "\t")),
        "haproxy": ("X-SSL-Client-Cert", f'"{base64_of(issued)}"'),
        "caddy": ("X-SSL-Client-Cert", base64_of(issued)),
        "rfc9440": ("Client-Cert", f":{base64_of(issued)}:"),
        "envoy": ("X-Forwarded-Client-Cert", f'Hash=ab;Cert="{quote(pem, safe="")}";Subject="CN=a, O=\\"b;c\\""'),
        "envoy-chain": ("X-Forwarded-Client-Cert", f'Subject="";Chain="{quote(chain, safe="")}"'),
        "envoy-hops": ("X-Forwarded-Client-Cert", f'{theirs},Cert="{quote(pem, safe="")}"'),
    }


@pytest.fixture
def both() -> VendorTrust:
    """Proxies pass on no CA between, so an operator has it in the vendor's file."""
    return VendorTrust({"yealink": [YEALINK.certificate, FACTORY.certificate]})


@pytest.mark.parametrize("proxy", list(spelled(OWN)))
async def test_every_proxys_spelling_is_understood(make_office: MakeOffice, both: VendorTrust, proxy: str) -> None:
    header, value = spelled(OWN)[proxy]
    office = await make_office(
        auth=("certificate",), trust=both, trusted_proxies=HERE, client_certificate_header=header.lower()
    )
    await office.phone(MAC, "yealink")
    await office.phone(OTHER, "yealink")
    agent = YEALINK_AGENT.format(mac=MAC)
    assert (await office.get(FILE, agent, **{header: value})).status == 200
    assert (await office.get(f"/{OTHER}.cfg", None, **{header: value})).status == 404
    assert (await office.get(FILE, agent)).status == 404


@pytest.mark.parametrize("proxy", list(spelled(OWN)))
async def test_a_header_from_anywhere_else_is_not_believed(
    make_office: MakeOffice, both: VendorTrust, proxy: str
) -> None:
    """A certificate is no secret: whoever has seen one could put it into a header."""
    header, value = spelled(OWN)[proxy]
    office = await make_office(
        auth=("certificate",),
        trust=both,
        trusted_proxies=(ip_network("192.0.2.0/24"),),
        client_certificate_header=header,
    )
    await office.phone(MAC, "yealink")
    spoofed: dict[str, str] = {header: value, "X-Forwarded-For": "192.0.2.1"}
    assert (await office.get(FILE, YEALINK_AGENT.format(mac=MAC), **spoofed)).status == 404


async def test_only_the_configured_header_is_believed(make_office: MakeOffice, both: VendorTrust) -> None:
    """A proxy that sets one header passes the others on as the phone has sent them."""
    office = await make_office(
        auth=("certificate",), trust=both, trusted_proxies=HERE, client_certificate_header="X-Our-Client"
    )
    await office.phone(MAC, "yealink")
    spoofed: dict[str, Any] = dict(spelled(OWN).values())
    assert (await office.get(FILE, YEALINK_AGENT.format(mac=MAC), **spoofed)).status == 404


async def test_a_header_that_comes_twice_is_not_believed(why: Why, make_office: MakeOffice, both: VendorTrust) -> None:
    """A proxy that adds its header below the phone's own would let the phone choose."""
    office = await make_office(
        auth=("certificate",), trust=both, trusted_proxies=HERE, client_certificate_header="X-SSL-Client-Cert"
    )
    await office.phone(MAC, "yealink")
    headers = [("X-SSL-Client-Cert", base64_of(OWN)), ("X-SSL-Client-Cert", base64_of(OWN))]
    assert (await office.client.get(FILE, headers=headers)).status == 404
    assert why() == NOTHING_SHOWN


@pytest.mark.parametrize(
    "value", ["", "-", "SUCCESS", f"CN={MAC}", "MIIB", "-----BEGIN CERTIFICATE-----", 'Cert=""', "é"]
)
async def test_a_header_that_holds_no_certificate_is_none(
    make_office: MakeOffice, both: VendorTrust, value: str
) -> None:
    """A subject alone does not say whose CA has made it."""
    office = await make_office(
        auth=("certificate",), trust=both, trusted_proxies=HERE, client_certificate_header="X-SSL-Client-Cert"
    )
    await office.phone(MAC, "yealink")
    assert (await office.get(FILE, YEALINK_AGENT.format(mac=MAC), X_SSL_Client_Cert=value)).status == 404
