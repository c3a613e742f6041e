"""RFC 3263: names lead to the servers that their domain wants used, in its order, and a dead one is not the end."""

from collections import Counter
from functools import partial

import dns.resolver
import pytest

from provserver.checksync.destination import Destination
from provserver.checksync.problem import ProxyProblem
from provserver.checksync.resolve import HopFinder, default_resolver
from tests.checksync.lines import counted
from tests.checksync.nameserver import Zone, nameserver, resolver_at

ADDRESSES: Zone = {
    ("a.test", "A"): ["192.0.2.1"],
    ("b.test", "A"): ["192.0.2.2"],
    ("c.test", "AAAA"): ["2001:db8::3"],
    ("both.test", "A"): ["192.0.2.4"],
    ("both.test", "AAAA"): ["2001:db8::4"],
}


async def found(zone: Zone, wanted: Destination) -> list[str]:
    async with nameserver({**ADDRESSES, **zone}) as (resolver, _):
        return [str(hop) for hop in await HopFinder(resolver, counted).hops(wanted)]


async def test_an_address_needs_no_dns() -> None:
    async with nameserver({}) as (resolver, asked):
        finder = HopFinder(resolver, counted)
        assert [str(hop) for hop in await finder.hops(Destination("192.0.2.9"))] == ["192.0.2.9:5060/udp"]
        assert [str(hop) for hop in await finder.hops(Destination("2001:db8::9", None, "tls"))] == [
            "[2001:db8::9]:5061/tls"
        ]
    assert asked == []


async def test_a_port_asks_for_addresses_only() -> None:
    async with nameserver({**ADDRESSES, ("_sip._udp.both.test", "SRV"): ["1 1 9 a.test."]}) as (resolver, asked):
        hops = await HopFinder(resolver, counted).hops(Destination("both.test", 5080))
    assert [str(hop) for hop in hops] == ["192.0.2.4:5080/udp", "[2001:db8::4]:5080/udp"]
    assert {kind for _, kind in asked} == {"A", "AAAA"}


async def test_naptr_names_the_transports_in_the_domain_s_order() -> None:
    zone: Zone = {
        ("pbx.test", "NAPTR"): [
            '20 10 "s" "SIP+D2U" "" _sip._udp.pbx.test.',
            '10 20 "s" "SIP+D2T" "" _sip._tcp.pbx.test.',
            '10 10 "s" "SIPS+D2T" "" _sips._tcp.pbx.test.',
            '1 1 "s" "SIP+D2W" "" _sip._ws.pbx.test.',
            '1 1 "u" "E2U+sip" "!x!y!" .',
        ],
        ("_sip._udp.pbx.test", "SRV"): ["1 1 5060 a.test."],
        ("_sip._tcp.pbx.test", "SRV"): ["1 1 5062 b.test."],
        ("_sips._tcp.pbx.test", "SRV"): ["1 1 5071 c.test."],
    }
    assert await found(zone, Destination("pbx.test")) == [
        "[2001:db8::3]:5071/tls",
        "192.0.2.2:5062/tcp",
        "192.0.2.1:5060/udp",
    ]


async def test_without_naptr_the_services_are_tried_and_without_them_the_addresses() -> None:
    srv: Zone = {("_sip._tcp.both.test", "SRV"): ["1 1 5065 a.test."]}
    assert await found(srv, Destination("both.test")) == ["192.0.2.1:5065/tcp"]
    assert await found({}, Destination("both.test", None, "tls")) == ["192.0.2.4:5061/tls", "[2001:db8::4]:5061/tls"]


async def test_priorities_go_before_weights_and_a_server_without_address_is_passed_over() -> None:
    zone: Zone = {
        ("_sip._udp.pbx.test", "SRV"): ["20 0 1 a.test.", "10 0 2 b.test.", "5 0 3 nowhere.test.", "30 0 4 c.test."],
    }
    assert await found(zone, Destination("pbx.test", None, "udp")) == [
        "192.0.2.2:2/udp",
        "192.0.2.1:1/udp",
        "[2001:db8::3]:4/udp",
    ]


async def test_a_service_that_is_not_offered_is_not_sought_further() -> None:
    """A target of `.` (RFC 2782) says no; the addresses of the name are the last resort."""
    zone: Zone = {("_sip._udp.a.test", "SRV"): ["0 0 0 ."]}
    assert await found(zone, Destination("a.test", None, "udp")) == ["192.0.2.1:5060/udp"]


async def test_weights_share_the_load() -> None:
    zone: Zone = {**ADDRESSES, ("_sip._udp.pbx.test", "SRV"): ["1 3 1 a.test.", "1 1 2 b.test."]}
    firsts: Counter[int] = Counter()
    async with nameserver(zone) as (resolver, _):
        for draw in range(8):
            finder = HopFinder(resolver, partial(draw.to_bytes, byteorder="big"))
            hops = await finder.hops(Destination("pbx.test", None, "udp"))
            assert len(hops) == 2
            firsts[hops[0].port] += 1
    assert firsts == {1: 6, 2: 2}


async def test_the_certificate_must_name_the_domain_asked_for_not_where_srv_leads() -> None:
    zone: Zone = {**ADDRESSES, ("_sips._tcp.pbx.test", "SRV"): ["1 1 5061 a.test."]}
    async with nameserver(zone) as (resolver, _):
        (hop,) = await HopFinder(resolver, counted).hops(Destination("pbx.test", None, "tls"))
    assert (hop.address, hop.name) == ("192.0.2.1", "pbx.test")


async def test_a_name_that_leads_nowhere_is_named() -> None:
    with pytest.raises(ProxyProblem, match=r"the name gone\.invalid does not resolve to an address"):
        await found({}, Destination("gone.invalid"))


async def test_the_hosts_file_counts_where_no_name_server_knows_or_answers() -> None:
    """In a container the PBX is often called only there."""
    finder = HopFinder(resolver_at(9), counted)
    hops = await finder.hops(Destination("localhost", None, "tcp"))
    assert "127.0.0.1:5060/tcp" in [str(hop) for hop in hops]


def test_a_system_without_name_servers_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(self: object, f: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", unreadable)
    assert default_resolver().nameservers == []
