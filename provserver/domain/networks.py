"""IP addresses as found in sockets and headers, and membership in networks."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = Collection[IPv4Network | IPv6Network]


def read_address(text: str) -> Address:
    """Parse an address, without its zone id (`%eth0`). IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) becomes IPv4.

    Raises `ValueError`.
    """
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def is_inside(address: Address, networks: Networks) -> bool:
    """Whether the address is in one of the networks."""
    return any(address in network for network in networks)
