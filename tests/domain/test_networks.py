"""Who is trusted, exempt or let in is told by networks: an address must be in the same ones however it is spelled."""

from ipaddress import ip_address, ip_network

import pytest

from provserver.domain.networks import is_inside, read_address

_OFFICE = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(text: str, address: str) -> None:
    """A socket for both versions tells IPv4 inside IPv6: a trusted proxy must be trusted there as well."""
    assert read_address(text) == ip_address(address)


@pytest.mark.parametrize("text", ["", "office", "192.0.2.7:5060", "192.0.2"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not appear"):
        read_address(text)


@pytest.mark.parametrize(
    ("address", "inside"), [("192.0.2.7", True), ("192.0.3.7", False), ("2001:db8::7", True), ("2001:db9::7", False)]
)
def test_a_network_holds_its_own_addresses_and_none_of_the_other_version(address: str, *, inside: bool) -> None:
    assert is_inside(read_address(address), _OFFICE) is inside
    assert not is_inside(read_address(address), [ip_network("10.0.0.0/8"), ip_network("fd00::/8")])
    assert is_inside(read_address("192.0.2.7"), [ip_network("::/0")]) is False
