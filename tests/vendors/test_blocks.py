"""Blocks of MAC addresses against the IEEE's registry: a wrong digit is somebody else's phones."""

import pytest
from netaddr import EUI
from netaddr.core import NotRegisteredError

from provserver.domain.vendor import Vendor

from .shipped_catalogue import CATALOGUE

VENDORS = [vendor for vendor in CATALOGUE.dialects.values() if vendor.mac_prefixes]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.dialect)
def test_a_block_is_registered_to_its_vendor_or_says_how_it_is_known(vendor: Vendor) -> None:
    """Phones of one vendor do come in blocks of another, who makes or sold them: that needs `evidence` of its own."""
    names = [name.casefold() for name in (vendor.vendor, *vendor.aliases, vendor.name.split()[0])]
    strangers = {
        prefix: owner
        for prefix, block in vendor.mac_prefixes.items()
        if not any(name in (owner := _registered_to(prefix)).casefold() for name in names) and not block.evidence
    }
    assert not strangers, "give them evidence, or look at the digits"


def _registered_to(prefix: str) -> str:
    address = EUI(prefix.ljust(12, "0"))
    owners = []
    for found in (lambda: address.oui, lambda: address.iab):
        try:
            block = found()
            owners.append(block.registration().org if block else "")
        except NotRegisteredError:
            continue
    return " ".join(owners) or "nobody"
