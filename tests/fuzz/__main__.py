"""Lets a fuzzer that watches which branches are reached look for what nobody thought of.

    python -m tests.fuzz TARGET [-max_total_time=60] [any option of libFuzzer]

A target takes bytes as a stranger sends them. It fails by an exception that is no answer, by a promise that is broken,
or by one input that takes longer than twenty seconds (`-timeout`: milliseconds, on a machine that has other things to
do as well). What is found becomes a test.
"""

import ipaddress
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=[
        "provserver.domain.authorization",
        "provserver.domain.certificates",
        "provserver.domain.identify",
        "provserver.domain.mac",
        "provserver.domain.patterns",
        "provserver.listening.proxyprotocol",
        "provserver.phones.client_certificate",
    ],
    enable_loader_override=False,
):
    from provserver.config import Config
    from provserver.domain.authorization import BasicAnswer, DigestAnswer, parse_authorization
    from provserver.domain.certificates import ClientCertificate, fits
    from provserver.domain.identify import clean_path, identify, read_agent
    from provserver.domain.mac import Mac
    from provserver.foundation import load_vendors
    from provserver.listening.proxyprotocol import NotProxied, read_header
    from provserver.phones.client_certificate import decoded, read_certificates

Target = Callable[[bytes], None]

_PHONE = Mac("805ec0aabbcc")
_SEEDS = {
    "path": [
        b"/snomD785-000413AABBCC.htm",
        b"/p/abcdefgh/805ec0aabbcc.cfg",
        b"/d/%2e%2e/cfg.xml",
        b"/y000000000066.cfg",
    ],
    "agent": [
        b"Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413AABBCC SXM:0 UXM:0)",
        b"Yealink SIP-T46S 66.86.0.15 80:5e:c0:aa:bb:cc",
        b"OBIHAI/OBi202-3.2.2.5921",
    ],
    "authorization": [
        b'Digest username="805ec0aabbcc", realm="provserver", nonce="AA", uri="/d", qop=auth, nc=01, cnonce="b"',
        b"Basic ODA1ZWMwYWFiYmNjOnNlY3JldA==",
    ],
    "certificate": [b"805ec0aabbcc", b"MAC:805ec0aabbcc", b'Hash=1;Cert="-----BEGIN%20CERTIFICATE-----";Subject=""'],
    "proxy": [
        b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12),
    ],
}


def _text(data: bytes) -> str:
    """As aiohttp gives headers and paths to us."""
    return data.decode("utf-8", "surrogateescape")


def _path() -> Target:
    catalogue, _ = load_vendors(Config())

    def target(data: bytes) -> None:
        raw = _text(data)
        path = clean_path(raw)
        if path is not None:
            assert path.isprintable()
            assert not {"..", "."} & set(path.split("/"))
        claim = identify(raw, {"mac": raw[-12:]}, "", catalogue, username=raw[-12:])
        assert claim is None or claim.mac is None or len(claim.mac.bare) == 12

    return target


def _agent() -> Target:
    catalogue, _ = load_vendors(Config())
    read = getattr(read_agent, "__wrapped__")  # noqa: B009 - without its memory, of which mypy knows nothing

    def target(data: bytes) -> None:
        agent = read(data.decode("utf-8", "replace")[:512], catalogue)
        assert agent is None or agent.vendor in catalogue.by_vendor

    return target


def _authorization() -> Target:
    def target(data: bytes) -> None:
        assert isinstance(parse_authorization(_text(data)), BasicAnswer | DigestAnswer | None)

    return target


def _certificate() -> Target:
    """The header in which a proxy passes a certificate on, and the name that a certificate may carry."""
    catalogue, _ = load_vendors(Config())
    yealink = catalogue.dialects["yealink"]

    def target(data: bytes) -> None:
        text = _text(data)
        decoded(lambda: read_certificates(text))
        certificate = ClientCertificate((("CN", text),), frozenset({"yealink"}))
        assert str(certificate).isprintable()
        holds = fits(certificate, yealink, _PHONE)
        assert holds is not True or text.lower().translate({58: None, 45: None}) == _PHONE.bare

    return target


def _proxy() -> Target:
    def target(data: bytes) -> None:
        with suppress(NotProxied):
            header = read_header(data)
            assert header is not None or len(data) <= 16 + 1024
            assert header is None or header.size <= len(data)
            told = header.told if header else None
            assert told is None or (ipaddress.ip_address(told.address) and 0 <= told.port <= 65535)

    return target


TARGETS: dict[str, Callable[[], Target]] = {
    "path": _path,
    "agent": _agent,
    "authorization": _authorization,
    "certificate": _certificate,
    "proxy": _proxy,
}


def main() -> None:
    """Fuzz the target that is named; the process ends with it."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"which target? {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(_SEEDS[name]):
            (Path(folder) / str(number)).write_bytes(seed)
        manners = ["-timeout=20", "-max_len=700", "-print_final_stats=1", f"-artifact_prefix={tempfile.gettempdir()}/"]
        atheris.Setup(["tests.fuzz", *manners, *sys.argv[2:], folder], TARGETS[name]())
        atheris.Fuzz()


if __name__ == "__main__":
    main()
