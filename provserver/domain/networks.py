"""IP addresses as sockets and headers spell them, and the networks that they lie in."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]


def read_address(text: str) -> Address:
    """An address without its zone (`%eth0`); IPv4 inside IPv6 (RFC 4291, 2.5.5.2) is IPv4. Raises `ValueError`."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def is_inside(address: Address, networks: Networks) -> bool:
    """Whether it lies in one of them; none of the other version holds it."""
    return any(address in network for network in networks)
