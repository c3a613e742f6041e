"""Resolves a destination to the addresses to try, in order (RFC 3263, section 4; weights: RFC 2782)."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from provserver.checksync.destination import Destination
from provserver.checksync.problem import ProxyProblem
from provserver.checksync.transport import Hop, Transport

_SERVICES: dict[str, Transport] = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
_PREFIXES: dict[Transport, str] = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_QUERY_SECONDS = 2.0


def default_resolver() -> dns.asyncresolver.Resolver:
    """The system's name servers, with a cache.

    If there are none (no `/etc/resolv.conf`), only the hosts file is used.
    """
    try:
        resolver = dns.asyncresolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.cache = dns.resolver.LRUCache(1000)
    return resolver


class HopFinder:
    """Resolves destinations. `entropy(n)` gives n random bytes, for weighted SRV selection."""

    def __init__(self, resolver: dns.asyncresolver.Resolver, entropy: Callable[[int], bytes]) -> None:
        self._resolver, self._entropy = resolver, entropy

    async def hops(self, wanted: Destination) -> list[Hop]:
        """The hops to try, in order. Raises `ProxyProblem` if the name does not resolve."""
        if wanted.is_address or wanted.port is not None:
            return await self._at(wanted.host, wanted.port, wanted.transport or "udp", wanted.host)
        services = [(wanted.transport, f"{_PREFIXES[wanted.transport]}.{wanted.host}")] if wanted.transport else None
        try:
            found = await self._served(services or await self._services(wanted.host), wanted.host)
        except dns.exception.DNSException:  # no name server answers; the hosts file may still know the name
            addresses = await self._addresses_of_the_system(wanted.host)
            return _hops(addresses, wanted.host, None, wanted.transport or "udp", wanted.host)
        return found or await self._at(wanted.host, None, wanted.transport or "udp", wanted.host)

    async def _services(self, host: str) -> list[tuple[Transport, str]]:
        """The transports in the domain's order of preference (NAPTR), else all we support."""
        records = sorted(await self._query(host, "NAPTR"), key=lambda record: (record.order, record.preference))
        found = [
            (_SERVICES[service], record.replacement.to_text(omit_final_dot=True))
            for record in records
            if record.flags.lower() == b"s" and (service := record.service.decode().upper()) in _SERVICES
        ]
        return found or [(transport, f"{prefix}.{host}") for transport, prefix in _PREFIXES.items()]

    async def _served(self, services: list[tuple[Transport, str]], name: str) -> list[Hop]:
        """The servers of all services, ordered by service, priority and weight."""
        answers = await self._query_all([(place, "SRV") for _, place in services])
        hops: list[Hop] = []
        for (transport, _), records in zip(services, answers, strict=True):
            for record in self._weighed(records):
                with suppress(ProxyProblem):  # skip a server without an address
                    host = record.target.to_text(omit_final_dot=True)
                    hops += await self._at(host, record.port, transport, name)
        return hops

    def _weighed(self, records: Iterable[Any]) -> list[Any]:
        """Order by priority, then by weighted random choice. Target `.` means that the service is not offered."""
        offered = (record for record in records if record.target != dns.name.root)
        left = sorted(offered, key=lambda record: (record.priority, record.weight))
        ordered = []
        while left:
            group = [record for record in left if record.priority == left[0].priority]
            draw = int.from_bytes(self._entropy(4), "big") % (sum(record.weight for record in group) or len(group))
            for record in group:
                draw -= record.weight or (not any(other.weight for other in group))
                if draw < 0:
                    break
            ordered.append(record)
            left.remove(record)
        return ordered

    async def _at(self, host: str, port: int | None, transport: Transport, name: str) -> list[Hop]:
        """The hops at the addresses of `host`, IPv4 first, as most phones and servers use it."""
        addresses = [host] if Destination(host).is_address else await self._addresses(host)
        return _hops(addresses, host, port, transport, name)

    async def _addresses(self, host: str) -> list[str]:
        try:
            ipv4, ipv6 = await self._query_all([(host, "A"), (host, "AAAA")])
        except dns.exception.DNSException:
            ipv4, ipv6 = [], []
        return [record.address for record in [*ipv4, *ipv6]] or await self._addresses_of_the_system(host)

    async def _addresses_of_the_system(self, host: str) -> list[str]:
        """The addresses from the hosts file and other system sources, for names not in DNS."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            return []
        return sorted({str(entry[4][0]) for entry in found}, key=lambda address: ":" in address)

    async def _query_all(self, questions: list[tuple[str, str]]) -> list[list[Any]]:
        """Run all queries concurrently. If one fails, the others are awaited before the error is raised."""
        answers = await asyncio.gather(*(self._query(*question) for question in questions), return_exceptions=True)
        found = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        return found

    async def _query(self, name: str, kind: str) -> list[Any]:
        """The records; empty if the name or type does not exist. Raises `DNSException` if no server answers."""
        try:
            answer = await self._resolver.resolve(name, kind, lifetime=_QUERY_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return []
        return list(answer)


def _hops(addresses: list[str], host: str, port: int | None, transport: Transport, name: str) -> list[Hop]:
    """The addresses of `host` with the transport's default port if none is given (RFC 3261, section 19.1.2)."""
    if not addresses:
        raise ProxyProblem(f"the name {host} does not resolve to an address")
    port = port or (5061 if transport == "tls" else 5060)
    return [Hop(address, port, transport, name) for address in addresses]
