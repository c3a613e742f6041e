"""TLS in process, asked by the real `openssl`: who is served, with what, and what a reload does to whom."""

import asyncio
import ssl
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from OpenSSL import SSL

from provserver.domain.errors import BadConfiguration
from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.identity import Identity
from provserver.listening.reloading import Reloader
from provserver.listening.tls import ServerTls
from provserver.listening.tls_setup import TlsFiles, TlsSetup
from tests.listening.openings import mirror, opened, ran, said
from tests.pki import Authority, Issued, rsa_key

ROOT = Authority("Web root")
RSA_KEY = rsa_key()
REQUEST = b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
WEAK = ["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"]


def tls_setup(folder: Path, *issued: Issued, client_ca_dir: Path | None = None) -> TlsSetup:
    identities = [Identity(*one.write(folder, f"server{number}")) for number, one in enumerate(issued)]
    return TlsSetup(TlsFiles(identities=identities, client_ca_dir=client_ca_dir), lambda name: name)


def policy(tls: ServerTls | None) -> ListenerPolicy:
    return ListenerPolicy(connections=ConnectionLimit(100), tls=tls)


async def asked(port: int, *options: str) -> str:
    """What `openssl s_client` says and gets."""
    _, text = await ran("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-ign_eof", *options, sent=REQUEST)
    return text


@pytest.fixture
def two(tmp_path: Path) -> TlsSetup:
    """An RSA and an ECDSA certificate for one name, and one for another."""
    return tls_setup(
        tmp_path,
        ROOT.issue(dns="localhost", CN="localhost", key=RSA_KEY),
        ROOT.issue(dns="localhost", CN="localhost"),
        ROOT.issue(dns="*.example.com", CN="other"),
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-tls1_3"], "Peer signature type: ECDSA"),
        (["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"], "Peer signature type: RSA-PSS"),
        (["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "ECDHE-RSA-AES128-GCM-SHA256"),
        (["-servername", "prov.example.com"], "CN = other"),
        (["-servername", "PROV.EXAMPLE.COM"], "CN = other"),
        (["-servername", "example.com"], "CN = localhost"),
        (["-noservername"], "CN = localhost"),
    ],
)
async def test_each_client_gets_the_certificate_that_fits(two: TlsSetup, options: list[str], expected: str) -> None:
    async with opened(mirror(), policy(two.modern)) as port:
        text = await asked(port, *options)
    assert expected in text
    assert "127.0.0.1 https 0 /file" in text


@pytest.mark.parametrize("options", [WEAK, ["-tls1_1"], ["-tls1_2", "-cipher", "AES128-GCM-SHA256"]])
async def test_the_usual_listener_is_modern(two: TlsSetup, options: list[str]) -> None:
    async with opened(mirror(), policy(two.modern)) as port:
        assert "https" not in await asked(port, *options)


@pytest.mark.parametrize(
    ("options", "cipher"),
    [
        (WEAK, "AES128-SHA"),
        (["-tls1_1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"], "ECDHE-RSA-AES128-SHA"),
        (["-tls1_2", "-cipher", "AES256-SHA256"], "AES256-SHA256"),
        (["-tls1_3"], "TLS_AES_128_GCM_SHA256"),
    ],
)
async def test_the_listener_for_old_phones_takes_what_they_can(two: TlsSetup, options: list[str], cipher: str) -> None:
    """TLS 1.0 and RSA key exchange, as SPA phones have it and nothing else."""
    async with opened(mirror(), policy(two.old_phones)) as port:
        text = await asked(port, *options)
    assert cipher in text
    assert "127.0.0.1 https 0 /file" in text


@pytest.mark.parametrize("cipher", ["aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0"])
async def test_even_old_phones_get_no_empty_and_no_anonymous_cipher(two: TlsSetup, cipher: str) -> None:
    async with opened(mirror(), policy(two.old_phones)) as port:
        assert "https" not in await asked(port, "-tls1_2", "-cipher", cipher)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_a_phone_that_comes_again_resumes_its_session(two: TlsSetup, tmp_path: Path, version: str) -> None:
    """It costs both sides a fraction of a new one; a phone fetches several files when it boots."""
    async with opened(mirror(), policy(two.modern)) as port:
        assert "Reused, TLS" in await asked_again(port, version, tmp_path)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_no_session_is_resumed_where_certificates_are_asked_for(tmp_path: Path, version: str) -> None:
    """It would bring no chain, and lock out a phone that came a second time."""
    ROOT.write(tmp_path / "ca" / "snom.pem")
    asking = tls_setup(tmp_path, ROOT.issue(dns="localhost", CN="localhost"), client_ca_dir=tmp_path / "ca")
    async with opened(mirror(), policy(asking.modern)) as port:
        text = await asked_again(port, version, tmp_path)
    assert "Reused, TLS" not in text
    assert "127.0.0.1 https 0 /file" in text


async def test_without_tickets_each_connection_is_a_handshake_of_its_own(tmp_path: Path) -> None:
    issued = ROOT.issue(dns="localhost", CN="localhost").write(tmp_path, "server")
    without = TlsSetup(TlsFiles([Identity(*issued)], tickets=False), lambda name: name)
    async with opened(mirror(), policy(without.modern)) as port:
        assert "Reused, TLS" not in await asked_again(port, "-tls1_3", tmp_path)


async def asked_again(port: int, version: str, folder: Path) -> str:
    """What `openssl s_client` says and gets when it offers the session of a visit before, where it was given one."""
    session = folder / "session"
    await asked(port, version, "-sess_out", str(session))
    return await asked(port, version, *(("-sess_in", str(session)) if session.exists() else ("-reconnect",)))


async def test_a_large_answer_and_a_large_body_pass_whole(two: TlsSetup) -> None:
    """What is larger than a buffer of either side."""
    body = bytes(range(256)) * 4_000
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with opened(echo(), policy(two.modern)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
            answer = await reader.readexactly(len(body))
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 200")
    assert answer == body


def echo() -> web.Application:
    """Answers with what it was sent."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_post("/", answer)
    return app


async def test_a_reload_serves_the_new_certificate_and_drops_nobody(two: TlsSetup, tmp_path: Path) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with opened(mirror(), policy(two.modern)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        for number, name in enumerate(("renewed-rsa", "renewed-ecdsa")):
            key = RSA_KEY if number == 0 else None
            ROOT.issue(dns="localhost", CN=name, key=key).write(tmp_path, f"server{number}")
        await Reloader(two.files, two.load).reload()
        assert "CN = renewed-ecdsa" in await asked(port, "-tls1_3")
        writer.write(REQUEST)
        assert b"https 0 /file" in await reader.read()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("mistake", ["no certificate", "another's key", "gone"])
async def test_a_bad_file_keeps_what_was_there_and_says_so(two: TlsSetup, tmp_path: Path, mistake: str) -> None:
    file = tmp_path / ("server0.key" if mistake == "another's key" else "server0.crt")
    if mistake == "gone":
        file.unlink()
    elif mistake == "another's key":
        ROOT.issue(CN="x", key=None).write(tmp_path, "strange")
        file.write_bytes((tmp_path / "strange.key").read_bytes())
    else:
        file.write_text("-----BEGIN CERTIFICATE-----\nhalf of one")
    with structlog.testing.capture_logs() as logs:
        await Reloader(two.files, two.load).reload()
    assert [(line["log_level"], line["event"]) for line in logs] == [("error", "certificates_not_reloaded")]
    assert str(file) in logs[0]["reason"]
    async with opened(mirror(), policy(two.modern)) as port:
        assert "CN = localhost" in await asked(port, "-tls1_3")


async def test_a_changed_file_is_noticed_by_itself(
    two: TlsSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provserver.listening.reloading._LOOK_SECONDS", 0.01)
    loaded, loop = asyncio.Event(), asyncio.get_running_loop()
    reloader = Reloader(two.files, lambda: loop.call_soon_threadsafe(loaded.set))
    watching = asyncio.create_task(reloader.watch())
    ROOT.issue(dns="localhost", CN="renewed").write(tmp_path, "server1")
    async with asyncio.timeout(60):
        await loaded.wait()
    watching.cancel()


async def test_a_reload_that_breaks_is_told_and_is_not_the_last_one(
    two: TlsSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that changes while it is read makes OpenSSL raise what it likes; the next certificate must be read."""
    monkeypatch.setattr("provserver.listening.reloading._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("provserver.listening.reloading._DAY_SECONDS", -1.0)
    to_raise, loaded, loop = [SSL.Error("half of it")], asyncio.Event(), asyncio.get_running_loop()

    def load() -> None:
        if to_raise:
            raise to_raise.pop()
        loop.call_soon_threadsafe(loaded.set)

    with structlog.testing.capture_logs() as logs:
        watching = asyncio.create_task(Reloader(two.files, load).watch())
        async with asyncio.timeout(60):
            await loaded.wait()
    watching.cancel()
    assert [(line["log_level"], line["event"]) for line in logs[:1]] == [("error", "certificates_not_reloaded")]


async def test_all_is_read_anew_once_a_day(two: TlsSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    """By that the keys of session tickets are new ones."""
    monkeypatch.setattr("provserver.listening.reloading._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("provserver.listening.reloading._DAY_SECONDS", -1.0)
    loaded, loop = asyncio.Event(), asyncio.get_running_loop()
    reloader = Reloader(two.files, lambda: loop.call_soon_threadsafe(loaded.set))
    watching = asyncio.create_task(reloader.watch())
    async with asyncio.timeout(60):
        await loaded.wait()
    watching.cancel()


def test_a_ca_file_that_is_named_as_no_vendor_is_refused(tmp_path: Path) -> None:
    """Else its phones would be locked out without a word."""
    folder = tmp_path / "ca"
    ROOT.write(folder / "snum.pem")
    with pytest.raises(BadConfiguration, match=r"snum\.pem: is not named as a vendor"):
        TlsSetup(TlsFiles(client_ca_dir=folder), {"snom": "snom"}.get)


def test_a_vendor_may_have_a_folder_of_cas(tmp_path: Path) -> None:
    ROOT.write(tmp_path / "snom" / "old.pem")
    Authority("newer").write(tmp_path / "snom" / "new.crt")
    (tmp_path / "README").write_text("not a certificate")
    trust = TlsSetup(TlsFiles(client_ca_dir=tmp_path), {"snom": "snom"}.get).trust
    assert {vendor: len(trusted) for vendor, trusted in trust.authorities.items()} == {"snom": 2}


async def test_who_speaks_no_tls_is_let_go_and_harms_nobody(two: TlsSetup) -> None:
    async with opened(mirror(), ListenerPolicy(connections=ConnectionLimit(100), tls=two.modern)) as port:
        assert b"HTTP" not in await said(port, REQUEST)
        assert "https 0 /file" in await asked(port)
