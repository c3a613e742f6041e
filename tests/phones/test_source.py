"""Whose address a request has: what proxies tell is believed hop by hop, as long as those who tell it are trusted."""

from ipaddress import ip_network

import pytest
from aiohttp import web

from provserver.domain.networks import Networks
from provserver.listening.connection import ListenerPolicy
from provserver.listening.connection_limit import ConnectionLimit
from provserver.phones.source import public_url, source_address
from tests.listening.openings import opened, said

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48"))


def told(trusted: Networks) -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        source = source_address(request, trusted)
        url = public_url(request, None, trusted)
        return web.Response(text=f"source={source} url={url}\n")

    app = web.Application()
    app.router.add_get("/", answer)
    return app


async def answered(*headers: str, trusted: Networks = TRUSTED) -> str:
    head = "\r\n".join(("GET / HTTP/1.1", "Host: prov.example.com", "Connection: close", *headers))
    async with opened(told(trusted), ListenerPolicy(connections=ConnectionLimit(10))) as port:
        return (await said(port, f"{head}\r\n\r\n".encode())).decode()


@pytest.mark.parametrize(
    ("forwarded", "source"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, 10.0.0.1"], "192.0.2.7"),
        (["6.6.6.6, 192.0.2.7, 10.0.0.1, 10.0.0.2"], "192.0.2.7"),
        (["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
        (["10.0.0.9, 192.0.2.7"], "192.0.2.7"),
        (["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7", "10.0.0.1"], "192.0.2.7"),
        (["10.0.0.3"], "10.0.0.3"),
        (["2001:db8::7"], "2001:db8::7"),
        (["[2001:db8::7]"], "2001:db8::7"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["6.6.6.6, ::ffff:10.0.0.1"], "6.6.6.6"),
        (["192.0.2.7:4711"], "192.0.2.7"),
        (["[2001:db8::7]:4711, 10.0.0.1"], "2001:db8::7"),
        (["6.6.6.6, unknown"], "127.0.0.1"),
        (["6.6.6.6, _hidden, 10.0.0.1"], "10.0.0.1"),
        (["6.6.6.6,"], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
    ],
)
async def test_the_source_is_the_last_hop_that_is_no_proxy_of_ours(forwarded: list[str], source: str) -> None:
    """What stands to the left of it, a phone could have written itself."""
    headers = [f"X-Forwarded-For: {value}" for value in forwarded]
    assert f"source={source} " in await answered(*headers)


@pytest.mark.parametrize(
    "header",
    [
        "X-Forwarded-For: 192.0.2.7",
        "Forwarded: for=192.0.2.7;proto=https",
        "X-Real-IP: 192.0.2.7",
        "True-Client-IP: 192.0.2.7",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example.com",
    ],
)
async def test_from_elsewhere_no_header_is_believed(header: str) -> None:
    elsewhere = (ip_network("192.0.2.0/24"),)
    assert "source=127.0.0.1 url=http://prov.example.com" in await answered(header, trusted=elsewhere)


@pytest.mark.parametrize(
    ("value", "scheme"), [("https", "https"), ("HTTPS", "https"), ("javascript", "http"), ("", "http")]
)
async def test_a_proxy_tells_the_scheme(value: str, scheme: str) -> None:
    assert f"url={scheme}://prov.example.com" in await answered(f"X-Forwarded-Proto: {value}")
