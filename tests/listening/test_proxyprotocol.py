"""The PROXY protocol: believed from trusted proxies only, and read to its last byte, so that TLS can follow."""

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.networks import Networks
from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.listening.identity import Identity, build_context
from provserver.listening.proxyprotocol import NotProxied, read_header
from provserver.listening.tls import ServerTls
from tests.listening.openings import mirror, opened, said
from tests.pki import Authority

HERE = (ip_network("127.0.0.0/8"),)
ELSEWHERE = (ip_network("192.0.2.0/24"),)
REQUEST = b"GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def block(command: int, family: int, addresses: bytes, more: bytes = b"") -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(addresses + more)) + addresses + more


IPV4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("203.0.113.1") + struct.pack("!HH", 40000, 443)
IPV6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack("!HH", 40000, 443)
FROM_SEVEN = {
    "v1": b"PROXY TCP4 192.0.2.7 203.0.113.1 40000 443\r\n",
    "v2": block(0x21, 0x11, IPV4),
    "v2 with more": block(0x21, 0x11, IPV4, b"\x03\0\x04abcd"),
}
OTHERS = {
    "v1 IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7"),
    "v2 IPv6": (block(0x21, 0x21, IPV6), "2001:db8::7"),
    "v1 unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    "v1 unknown and more": (b"PROXY UNKNOWN 192.0.2.7 203.0.113.1 1 2\r\n", "127.0.0.1"),
    "v2 the proxy's own": (block(0x20, 0, b""), "127.0.0.1"),
    "v2 no addresses": (block(0x21, 0, b""), "127.0.0.1"),
}
BROKEN = [
    b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PROXY TCP4 192.0.2.7 203.0.113.1 40000\r\n" + REQUEST,
    b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n" + REQUEST,
    b"PROXY TCP4 192.0.2.7 203.0.113.1 99999 443\r\n" + REQUEST,
    b"PROXY TCP4 192.0.2.7, 203.0.113.1 1 443\r\n" + REQUEST,
    b"PROXY TCP4 " + b"1" * 200,
    block(0x21, 0x11, IPV4[:8]) + REQUEST,
    block(0x31, 0x11, IPV4) + REQUEST,
    SIGNATURE + b"\x21\x11\xff\xff" + b"x" * 65535,
]


def behind(proxies: Networks, tls: ServerTls | None = None) -> ListenerPolicy:
    return ListenerPolicy(connections=ConnectionLimit(100), proxies=proxies, tls=tls)


@pytest.mark.parametrize("header", FROM_SEVEN.values(), ids=list(FROM_SEVEN))
async def test_the_client_is_whom_the_proxy_tells(header: bytes) -> None:
    async with opened(mirror(), behind(HERE)) as port:
        assert b"192.0.2.7 http 0 /file" in await said(port, header + REQUEST)


@pytest.mark.parametrize(("header", "expected"), OTHERS.values(), ids=list(OTHERS))
async def test_every_kind_of_header_is_understood(header: bytes, expected: str) -> None:
    async with opened(mirror(), behind(HERE)) as port:
        assert f"{expected} http".encode() in await said(port, header + REQUEST)


@pytest.mark.parametrize("header", FROM_SEVEN.values(), ids=list(FROM_SEVEN))
async def test_nobody_else_may_tell_who_he_is(header: bytes) -> None:
    async with opened(mirror(), behind(ELSEWHERE)) as port:
        answer = await said(port, header + REQUEST)
        assert b"200 OK" not in answer
        assert b"127.0.0.1 http 0 /file" in await said(port, REQUEST)


@pytest.mark.parametrize("sent", BROKEN)
async def test_a_proxy_that_does_not_say_who_it_is_about_gets_no_answer(sent: bytes) -> None:
    """Else whoever reaches the proxy's own address would be taken for the proxy."""
    async with opened(mirror(), behind(HERE)) as port:
        assert await said(port, sent) == b""


async def test_tls_follows_the_header(tmp_path: Path) -> None:
    root = Authority("Web root")
    identity = Identity(*root.issue(dns="localhost", CN="localhost").write(tmp_path, "server"))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for header in FROM_SEVEN.values():
        async with opened(mirror(), behind(HERE, ServerTls(build_context([identity])))) as port:
            assert b"192.0.2.7 https 0 /file" in await _over_tls(port, header, context)


async def _over_tls(port: int, header: bytes, context: ssl.SSLContext) -> bytes:
    """The header in clear, and all in one go with the first bytes of the handshake."""

    def talk() -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(incoming, outgoing)
            pending = header
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    plain.sendall(pending + outgoing.read())
                    pending = b""
                    incoming.write(plain.recv(65536))
            tls.write(REQUEST)
            plain.sendall(outgoing.read())
            answer = b""
            while b"/file" not in answer:
                incoming.write(plain.recv(65536))
                try:
                    answer += tls.read(65536)
                except ssl.SSLWantReadError:
                    continue
            return answer

    return await asyncio.to_thread(talk)


@pytest.mark.parametrize("header", [*FROM_SEVEN.values(), *(header for header, _ in OTHERS.values())])
async def test_a_header_in_pieces_is_the_same_header(header: bytes) -> None:
    """What comes with its last byte is the client's."""
    for size in range(len(header)):
        assert read_header(header[:size]) is None
    whole, more = read_header(header), read_header(header + REQUEST)
    assert whole == more
    assert whole is not None
    assert whole.size == len(header)


@given(st.binary(max_size=300))
def test_whatever_comes_is_a_header_or_none(data: bytes) -> None:
    for sent in (data, SIGNATURE + data, b"PROXY TCP4 " + data + b"\r\n"):
        with suppress(NotProxied):
            header = read_header(sent)
            assert header is None or header.size <= len(sent)
