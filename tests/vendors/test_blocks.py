"""Blocks of MAC addresses against the IEEE's registry: a wrong digit is somebody else's phones."""

import re
from collections import defaultdict
from functools import cache
from importlib.resources import files
from itertools import pairwise

import pytest

from provserver.domain.vendor import Vendor

from .shipped_catalogue import CATALOGUE

VENDORS = [vendor for vendor in CATALOGUE.dialects.values() if vendor.mac_prefixes]
_OUI = re.compile(r"^([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})\s+\(hex\)\s+(.*\S)\s*$", re.MULTILINE)

# Companies with a vendor's name whose addresses are not those of phones. Cisco has more than a thousand blocks, for all
# that can be in a network; some on which phones were seen are in the vendor file, and the User-Agent tells the rest.
NO_PHONES = {
    "ale": r"Alcatel-Lucent( Shanghai Bell.*| Telecom Limited| IPD| FRANCE - WTD)?",
    "ascom": "Ascom (Powerline|Infrasys|Danmark).*",
    "audiocodes": "Netrake an AudioCodes Company",
    "cisco": r"Cisco( |-).*",
    "panasonic": r".*Panasonic (?!Communications Co).*",
    "poly": "LITTON/POLY-SCIENTIFIC",
    "technicolor": r".*(Thomson|Technicolor).*",
    "unify": "Unify Networks, Inc.",
    "vtech": r"VTech (Electronics|Engineering|Innovation|Technology).*",
}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.dialect)
def test_a_block_is_registered_to_its_vendor_or_says_how_it_is_known(vendor: Vendor) -> None:
    """Phones of one vendor do come in blocks of another, who makes or sold them: that needs `evidence` of its own."""
    strangers = {
        prefix: owner
        for prefix, block in vendor.mac_prefixes.items()
        if not any(name in (owner := _registry().get(prefix[:6], "nobody")).casefold() for name in _names(vendor))
        and not block.evidence
    }
    assert not strangers, "give them evidence, or look at the digits"


@pytest.mark.parametrize("name", CATALOGUE.by_vendor)
def test_every_block_that_is_registered_to_a_vendor_leads_to_it(name: str) -> None:
    """A phone with an address of another block would be refused as nobody's. A newer registry may bring some."""
    dialects = CATALOGUE.dialects_of(name)
    listed = {prefix[:6] for dialect in dialects for prefix in dialect.mac_prefixes}
    own_names = {one for dialect in dialects for one in _names(dialect)}
    owners = {_registry().get(prefix, "") for prefix in listed if not _evidence(dialects, prefix)}
    no_phones = re.compile(NO_PHONES.get(name, "nobody"), re.IGNORECASE)
    its = (owner for owner, words in _owners().items() if owner in owners or own_names & words)
    missing = {owner: set(_blocks()[owner]) - listed for owner in its if not no_phones.fullmatch(owner)}
    assert not {owner: blocks for owner, blocks in missing.items() if blocks}


def _names(vendor: Vendor) -> list[str]:
    return [name.casefold() for name in (vendor.vendor, *vendor.aliases, vendor.name.split()[0])]


def _evidence(dialects: list[Vendor], prefix: str) -> bool:
    return any(block.evidence for one in dialects for known, block in one.mac_prefixes.items() if known[:6] == prefix)


@cache
def _owners() -> dict[str, set[str]]:
    """Everybody who has a block, with the words of the name, alone and in pairs."""
    words = {owner: re.findall(r"[\w-]+", owner.casefold()) for owner in _blocks()}
    return {owner: {*found, *map(" ".join, pairwise(found))} for owner, found in words.items()}


@cache
def _blocks() -> dict[str, list[str]]:
    """The blocks of everybody."""
    blocks = defaultdict(list)
    for prefix, owner in _registry().items():
        blocks[owner].append(prefix)
    return blocks


@cache
def _registry() -> dict[str, str]:
    """Whose each block of 2^24 addresses is."""
    text = (files("netaddr") / "eui" / "oui.txt").read_bytes().decode(errors="replace")
    return {f"{a}{b}{c}".lower(): owner for a, b, c, owner in _OUI.findall(text)}
