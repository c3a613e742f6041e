"""Blocks of MAC addresses against a second copy of the IEEE's registry: a wrong digit is somebody else's phones."""

import re
from collections import defaultdict
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from provserver.domain.vendor import Vendor
from provserver.rendering.registry import read_registry

from .shipped_catalogue import CATALOGUE

SHIPPED = Path(__file__).resolve().parents[2] / "vendors"
REGISTRY = read_registry([SHIPPED])
VENDORS = [vendor for vendor in CATALOGUE.dialects.values() if vendor.mac_prefixes]
_OUI = re.compile(r"^([0-9A-F]{2})-([0-9A-F]{2})-([0-9A-F]{2})\s+\(hex\)\s+(.*\S)\s*$", re.MULTILINE)

# Companies with a vendor's name that are others: what is called Alcatel-Lucent and not Enterprise is Nokia's now.
STRANGERS = {
    "ale": r"Alcatel-Lucent( Shanghai Bell.*| Telecom Limited| IPD| FRANCE - WTD)?",
    "ascom": "Ascom (Powerline|Infrasys|Danmark).*",
    "poly": "LITTON/POLY-SCIENTIFIC",
    "technicolor": r"THOMSON CSF|Beijing Thomson.*|Thomson (Video|Technology).*",
    "unify": "Unify Networks, Inc.",
    "vtech": r"VTech (Engineering Corporation|Technology Corp\.)",
}


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.dialect)
def test_a_block_is_registered_to_its_vendor_or_says_how_it_is_known(vendor: Vendor) -> None:
    """Phones of one vendor do come in blocks of another, who makes or sold them: that needs `evidence` of its own."""
    registered = {block for company in vendor.registered for block in REGISTRY[company]}
    others = ((prefix, block) for prefix, block in vendor.mac_prefixes.items() if prefix not in registered)
    unknown = [prefix for prefix, block in others if not block.evidence]
    assert not unknown, "give them evidence, or name the company under `registered`"


@pytest.mark.parametrize("name", CATALOGUE.by_vendor)
def test_every_block_that_is_registered_to_a_vendor_leads_to_it(name: str) -> None:
    """A phone with an address of another block would be refused as nobody's. The copy here is two years older."""
    dialects = CATALOGUE.dialects_of(name)
    listed = {prefix[:6] for dialect in dialects for prefix in dialect.mac_prefixes}
    own_names = {one for dialect in dialects for one in _names(dialect)}
    registered = {company for dialect in dialects for company in dialect.registered}
    strangers = re.compile(STRANGERS.get(name, "nobody"), re.IGNORECASE)
    its = (owner for owner, words in _owners().items() if owner in registered or own_names & words)
    missing = {owner: set(_blocks()[owner]) - listed for owner in its if not strangers.fullmatch(owner)}
    assert not {owner: blocks for owner, blocks in missing.items() if blocks}


def test_both_copies_of_the_registry_agree_on_whose_a_block_is() -> None:
    """Companies are renamed; a block that went from one vendor to another would be a mistake in one of the copies."""
    owner_of = {block: owner for owner, blocks in _blocks().items() for block in blocks}
    words = {company: set(re.findall(r"\w{2,}", company.casefold())) for company in REGISTRY}
    strange = {
        block: (company, owner_of[block])
        for company, blocks in REGISTRY.items()
        for block in blocks
        if block in owner_of and not words[company] & set(re.findall(r"\w{2,}", owner_of[block].casefold()))
    }
    renamed = {
        ("Vantiva Technologies Belgium", "Technicolor Delivery Technologies Belgium NV"),
        ("ALE International", "Alcatel-Lucent Enterprise (China)"),
    }
    assert set(strange.values()) <= renamed


def test_the_registry_has_those_that_vendor_files_name_and_no_others() -> None:
    named = {company for vendor in CATALOGUE.dialects.values() for company in vendor.registered}
    assert named == set(REGISTRY)


@pytest.mark.parametrize(
    ("mac", "dialect"),
    [
        ("00000c123456", "cisco_mpp"),  # the very first of Cisco's
        ("442b03aabbcc", "cisco_mpp"),
        ("741213000001", "cisco_spa"),
        ("706979100001", "cisco_spa"),  # of a block of 2^20 addresses
        ("001e1f000001", "avaya_1100"),  # Nortel's
        ("48c1ac000001", "poly"),  # Plantronics'
        ("10b676000001", "poly"),  # HP's
        ("247823000001", "panasonic"),
        ("0013a3000001", "gigaset"),  # Siemens' home devices
    ],
)
def test_a_phone_in_any_block_of_a_big_company_is_found_to_be_its_vendors(mac: str, dialect: str) -> None:
    found = CATALOGUE.by_mac(mac)
    assert found
    assert found.dialect == dialect


def _names(vendor: Vendor) -> list[str]:
    return [name.casefold() for name in (vendor.vendor, *vendor.aliases, vendor.name.split()[0])]


@cache
def _owners() -> dict[str, set[str]]:
    """Everybody who has a block, with the words of the name, alone and in pairs."""
    words = {owner: re.findall(r"[\w-]+", owner.casefold()) for owner in _blocks()}
    return {owner: {*found, *map(" ".join, pairwise(found))} for owner, found in words.items()}


@cache
def _blocks() -> dict[str, list[str]]:
    """The blocks of everybody, 2^24 addresses each."""
    text = (files("netaddr") / "eui" / "oui.txt").read_bytes().decode(errors="replace")
    blocks = defaultdict(list)
    for a, b, c, owner in _OUI.findall(text):
        blocks[owner].append(f"{a}{b}{c}".lower())
    return blocks
