"""Every vendor on disk recognises its own phones and nobody else's, and no request can keep its patterns busy."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from provserver.domain.facts import Evidence
from provserver.domain.identify import identify, read_agent
from provserver.domain.mac import seen_mac
from provserver.domain.vendor import Vendor
from provserver.services.files import files_of

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
    assert all((text.isprintable() and ";" in text) or text.isalnum() for text in (vendor.check_sync.reboot,))


_MATCHING = """
import json, re, sys
work = json.load(sys.stdin)
for kind, pattern in work["patterns"]:
    compiled = re.compile(pattern, re.IGNORECASE)
    for text in work["texts"]:
        (compiled.search if kind == "search" else compiled.fullmatch)(text)
print("done")
"""
_GENEROUS = 5  # seconds for what takes milliseconds; a pattern that backtracks badly takes longer than the universe


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
        found = [(one, rule.id) for (one, rule), _ in CATALOGUE.file_patterns.fitting(text)]
        assert found == [(one, rule.id) for one, rule in files if rule.pattern.fullmatch(text)]
        spoken = [one for one, _ in CATALOGUE.agent_patterns.fitting(text)]
        assert spoken == [one for one, rule in agents if rule.pattern.search(text)]
