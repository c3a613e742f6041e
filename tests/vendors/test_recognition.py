"""Every vendor on disk recognises its own phones and nobody else's, and no request can keep its patterns busy."""

import json
import subprocess
import sys
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote

import pytest

from provserver.domain.facts import Evidence
from provserver.domain.identify import identify, read_agent
from provserver.domain.mac import seen_mac
from provserver.domain.vendor import Vendor
from provserver.services.fetching.files import files_of

from .fullest import phone
from .shipped_catalogue import CATALOGUE, RENDERED, rendered_models

VENDORS = list(CATALOGUE.dialects.values())
GOLDEN = Path(__file__).parent.parent / "golden"
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.dialect)
every_rendered = pytest.mark.parametrize("vendor", RENDERED, ids=lambda vendor: vendor.dialect)


@every_rendered
def test_a_vendor_has_golden_cases(vendor: Vendor) -> None:
    """Without one nobody has ever read a file of it."""
    assert len(list(GOLDEN.glob(f"{vendor.dialect}/*/device.yaml"))) >= 3


@every_vendor
def test_every_block_of_addresses_leads_to_its_vendor(vendor: Vendor) -> None:
    """Or to the maker of its phones, where the block is that one's."""
    for prefix, block in vendor.mac_prefixes.items():
        found = CATALOGUE.by_mac(f"{prefix:0<12}")
        assert found is not None
        assert (found is vendor) is not block.shared
        assert CATALOGUE.may_share(f"{prefix:0<12}", vendor.vendor, found.vendor)
        assert seen_mac(f"{prefix:1<12}") is not None, "a block of multicast addresses"


@every_vendor
def test_every_user_agent_that_was_seen_is_read_as_this_vendors(vendor: Vendor) -> None:
    """With all vendors loaded: another vendor's pattern must not catch it first."""
    examples = [example for rule in vendor.user_agents for example in rule.examples]
    assert examples or all(rule.evidence is Evidence.UNVERIFIED for rule in vendor.user_agents)
    for example in examples:
        agent = read_agent(example.agent, CATALOGUE)
        assert agent is not None
        assert agent.vendor == vendor.vendor
        assert agent.firmware == example.firmware
        assert agent.mac == seen_mac(example.mac or "")
        assert agent.model == (vendor.model_named(example.model) or example.model)


@every_rendered
@pytest.mark.parametrize("folder", ["/", "/p/t0ken/"])
def test_what_a_model_asks_for_is_what_it_is_given(vendor: Vendor, folder: str) -> None:
    """The file names that the API tells an operator lead, asked for, to the very rule that they were made from."""
    for model in (*rendered_models(vendor), None):
        effective = phone(vendor, model, {}, [])
        asked = list(files_of(effective))
        assert any(file.rule.provisions for file in asked) or model is None
        for file in asked:
            assert "{" not in file.name
            claim = identify(folder + quote(file.name), {}, "", CATALOGUE)
            assert claim is not None
            match = claim.match_for(vendor.dialect)
            assert match is not None, file.name
            assert match.rule.id == file.rule.id, file.name
            if file.rule.scope == "device":
                named = None if file.rule.by_agent else effective.device.mac
                assert match.mac == claim.mac == named
            if match.model and model and file.rule.scope == "device":
                assert vendor.model_named(match.model) == model


@every_rendered
def test_a_files_mac_is_read_in_either_case(vendor: Vendor) -> None:
    effective = phone(vendor, rendered_models(vendor)[0], {}, [])
    mac = effective.device.mac
    assert mac is not None
    for file in files_of(effective):
        if file.rule.scope == "device" and not file.rule.by_agent:
            for spelled in (file.name.replace(mac.upper, mac.bare), file.name.replace(mac.bare, mac.upper)):
                claim = identify(f"/{quote(spelled)}", {}, "", CATALOGUE)
                assert claim is not None
                assert claim.mac == mac


@every_rendered
def test_only_a_file_of_a_device_can_provision_it(vendor: Vendor) -> None:
    provisioning = [rule for rule in vendor.files if rule.provisions]
    assert provisioning
    assert all(rule.scope == "device" and rule.template for rule in provisioning)


@every_vendor
def test_a_file_that_is_not_served_says_why(vendor: Vendor) -> None:
    """An operator who sees a phone get 404 must be able to find out that it is meant."""
    assert not [rule.id for rule in vendor.files if rule.template is None and not rule.meaning]


@every_vendor
def test_a_notify_asks_with_the_standard_event_and_reboot_differs(vendor: Vendor) -> None:
    assert vendor.check_sync.resync != vendor.check_sync.reboot
    reboot = vendor.check_sync.reboot
    assert (reboot.isprintable() and ";" in reboot) or reboot.isalnum()


_MATCHING = """
import json, re, sys
work = json.load(sys.stdin)
for kind, pattern in work["patterns"]:
    compiled = re.compile(pattern, re.IGNORECASE)
    for text in work["texts"]:
        (compiled.search if kind == "search" else compiled.fullmatch)(text)
print("done")
"""
_GENEROUS = 120  # seconds for what takes milliseconds; a pattern that backtracks badly takes longer than the universe


_PIECES = ["a", "0", "0a", "A1", " ", "-", "_", ".", ":", "/", "0.", "00:", "a-", "a.", "000413", "x-SIP 1 "]


def _adversarial(vendor: Vendor, times: int) -> list[str]:
    """Texts that nearly fit: examples with each third of their characters repeated, and rows of usual pieces."""
    examples = [example.agent for rule in vendor.user_agents for example in rule.examples]
    examples += [file.name for model in rendered_models(vendor)[:1] for file in files_of(phone(vendor, model, {}, []))]
    pumped = [text[:at] + text[at] * times + text[at:] + "!" for text in examples for at in range(0, len(text), 3)]
    pieces = (*_PIECES, vendor.vendor, vendor.name, *examples)
    rows = [piece * times + end for piece in pieces for end in ("", "!", ".cfg", "\u00e9")]
    return [text[:512] for text in (*examples, *pumped, *rows)]


@every_vendor
def test_no_request_keeps_the_patterns_busy(vendor: Vendor) -> None:
    """One User-Agent that takes minutes would stop every phone's boot. In a process of its own that can be ended."""
    patterns = [("search", rule.pattern.pattern) for rule in vendor.user_agents]
    patterns += [("fullmatch", rule.pattern.pattern) for rule in vendor.files]
    patterns += [("search", refusal.pattern.pattern) for refusal in vendor.syntax.cannot_carry]
    patterns += [
        ("fullmatch", pattern.pattern) for pattern in (vendor.syntax.parameter_name, *vendor.secret_parameters)
    ]
    work = json.dumps({"patterns": patterns, "texts": _adversarial(vendor, times=400)})
    done = subprocess.run(
        [sys.executable, "-I", "-c", _MATCHING],
        input=work,
        capture_output=True,
        text=True,
        timeout=_GENEROUS,
        check=False,
        encoding="utf-8",
    )
    assert done.stdout.strip() == "done", done.stderr


@every_vendor
def test_the_index_finds_what_trying_every_pattern_finds(vendor: Vendor) -> None:
    """Also of texts that only nearly fit, with all vendors loaded."""
    files = [(one, rule) for one in VENDORS for rule in one.files]
    agents = [(one, rule) for one in VENDORS for rule in one.user_agents]
    for text in _adversarial(vendor, times=1):
        fitting = [asker for askers, _ in CATALOGUE.file_patterns.fitting(text) for asker in askers.all]
        found = [(one, rule.id) for _, one, rule in sorted(fitting, key=itemgetter(0))]
        assert found == [(one, rule.id) for one, rule in files if rule.pattern.fullmatch(text)]
        spoken = [one for one, _ in CATALOGUE.agent_patterns.fitting(text)]
        assert spoken == [one for one, rule in agents if rule.pattern.search(text)]


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("yealink SIP-T31G 124.86.0.75 80:5e:c0:00:aa:01", ("yealink", "T31G", "124.86.0.75", "805ec000aa01")),
        ("Yealink SIP-T58 58.86.0.20 805EC000AA01", ("yealink", "T58", "58.86.0.20", "805ec000aa01")),
        ("Yealink SIP-T42U  116.86.0.20", ("yealink", "T42U", "116.86.0.20", None)),
        ("W60B 77.85.0.25 80-5e-c0-00-aa-01", ("yealink", "W60B", "77.85.0.25", "805ec000aa01")),
        (
            '"Gigaset N770 IP PRO/83.V2.60.0+build.9;7C2F8000AA01;Handset=250"',
            ("gigaset", "N770", "83.V2.60.0", "7c2f8000aa01"),
        ),
        ("Gigaset N870 IP PRO/83.V2.60.0", ("gigaset", "N870", "83.V2.60.0", None)),
        ("N510 IP PRO/42.262.00.000.000;", ("gigaset", "N510", "42.262.00.000.000", None)),
        ("Gigaset Maxwell Basic/2.32.5;7C2F8000AA01", ("gigaset", "MaxwellBasic", "2.32.5", "7c2f8000aa01")),
        (
            "Mozilla/4.0 (compatible; snomD717-SIP 10.1.141.13 2010.12 (Jan 3 2024 - 10:00:00) 00041300AA01 SXM:1)",
            ("snom", "D717", "10.1.141.13", "00041300aa01"),
        ),
        ("Mozilla/4.0 (compatible; snom360-SIP 7.3.30 1.1.5)", ("snom", "360", "7.3.30", None)),
        ("Mozilla/4.0 (compatible; Snom M400 06.50.0003 00041300aa01)", ("snom", "M400", "06.50.0003", "00041300aa01")),
        (
            "FileTransport PolycomVVX-VVX_250-UA/6.3.1.0 (SN:64167f00aa01) Type/Updater",
            ("poly", "VVX250", None, "64167f00aa01"),
        ),
        (
            "FileTransport PolycomVVX-VVX_250-UA/6.4.2.1 (SN:64167f00aa01) Type/Application",
            ("poly", "VVX250", "6.4.2.1", "64167f00aa01"),
        ),
        ("Cisco/SPA525G2-7.6.2e (CCQ15320F9X)", ("cisco", "SPA525G2", "7.6.2e", None)),
        ("Linksys/SPA-922-6.1.5(a) (000E0800AA01)", ("cisco", "SPA922", "6.1.5(a)", None)),
        ("Cisco-CP-6871-3PCC/12.0.4 (d0ec3500aa01)", ("cisco", "6871", "12.0.4", "d0ec3500aa01")),
        ("Cisco-CP8841/12.8.1", ("cisco", "8841-K9", "12.8.1", None)),
        ("Cisco-CP7941G-GE/8.5.4", ("cisco", "7941G", "8.5.4", None)),
        ("AVAYA/SIP12x0\x02/04.04.23.00", ("avaya", None, "04.04.23.00", None)),
        (
            "Grandstream Model HW GRP2636 V1.0A SW 1.0.9.62 DevId ec74d700aa01",
            ("grandstream", "GRP2636", "1.0.9.62", "ec74d700aa01"),
        ),
        ("Grandstream GXP2020 (gxp2000e.bin:1.2.5.3/boot55e.bin:1.1.6.9)", ("grandstream", "GXP2020", "1.2.5.3", None)),
        ("Htek UC923U V2.42.6.5.9 001fc100aa01", ("htek", "UC923U", "2.42.6.5.9", "001fc100aa01")),
        ("Panasonic-KX-TGP600CE/01.105 (bcc34200aa01)", ("panasonic", "KX-TGP600", "01.105", "bcc34200aa01")),
        ("Aastra9143i MAC:00:10:BC:00:AA:01 V:3.3.1.4365-SIP", ("mitel", "9143i", "3.3.1.4365", "0010bc00aa01")),
        ("OBIHAI/OBi302-3.2.2.6259", ("poly", "OBi302", "3.2.2.6259", None)),
        ("AUDC-IPPhone/2.2.16.142 (405HD-Rev2; 00908F00AA01)", ("audiocodes", "405HD", "2.2.16.142", "00908f00aa01")),
    ],
)
def test_a_phone_is_known_by_every_form_of_its_user_agent(agent: str, told: tuple[str | None, ...]) -> None:
    """Quoted or not, with a prefix or without, as boot loader and application, by MAC or serial, whatever its bytes."""
    read = read_agent(agent, CATALOGUE)
    assert read is not None
    assert (read.vendor, read.model, read.firmware, read.mac and read.mac.bare) == told


@pytest.mark.parametrize(
    ("file", "dialect", "model"),
    [
        ("y000000000065.cfg", "yealink", "T48S"),
        ("Y000000000065.CFG", "yealink", "T48S"),
        ("y000000000095.cfg", "yealink", None),  # T53 and T53W
        ("f0X3sghw1.100.cfg", "fanvil", "X3SG"),
        ("snomD385.htm", "snom", "D385"),
        ("cfggrp2613.xml", "grandstream_named", "GRP2613"),
        ("cfgdp752.xml", "grandstream_dp", "DP752"),
        ("cfg0012.xml", "htek", "UC924"),
        ("spa514g.cfg", "cisco_spa", "SPA514G"),
        ("6869i.cfg", "mitel", "6869i"),
    ],
)
def test_the_name_of_a_models_file_tells_the_model(file: str, dialect: str, model: str | None) -> None:
    """Where a phone does not call itself anything, its model's file is still the one of its model."""
    claim = identify(f"/{file}", {}, "", CATALOGUE)
    assert claim is not None
    match = claim.match_for(dialect)
    assert match is not None
    assert match.model == model
