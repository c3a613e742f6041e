"""Files as people have read and approved them: a change of any byte that a phone gets shows here."""

from difflib import unified_diff

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.identify import Match
from provserver.domain.ipei import parse_ipei
from provserver.domain.vocabulary import check_abstractions
from provserver.rendering.renderer import Renderer
from provserver.services.settings.documents import check_raw_names

from .cases import Case, all_cases, claim_of, serve

cases = pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)


def test_there_are_cases() -> None:
    assert all_cases()


@cases
def test_the_request_is_read_as_the_case_says(case: Case, catalogue: Catalogue) -> None:
    """Else the phone gets another file, or one for another model."""
    claim = claim_of(case, catalogue)
    match = claim.match_for(case.dialect)
    assert match is not None
    assert not claim.contradicts_itself
    assert match.rule.id == case.request.get("rule", match.rule.id)
    agent = claim.agent
    vendor = catalogue.dialects[case.dialect].vendor
    assert (agent.vendor if agent else vendor) == vendor
    told = {"expected_model": agent.model, "expected_firmware": agent.firmware} if agent else {}
    wanted = {key: case.request[key] for key in ("expected_model", "expected_firmware") if key in case.request}
    assert {key: value for key, value in told.items() if value} == wanted
    if match.rule.scope == "device":
        assert claim.mac is not None
        assert claim.mac.bare == case.device["mac"].lower().replace(":", "")


@cases
def test_the_case_could_be_written_through_the_api(case: Case, catalogue: Catalogue) -> None:
    """A case with settings that the API refuses proves nothing."""
    vendor = catalogue.dialects[case.dialect]
    for name, document in (case.device.get("layers") or {}).items():
        check_abstractions(document.get("abstractions") or {}, f"{name}.abstractions")
        overrides = document.get("vendor_overrides") or {}
        raw = overrides if name == "device" else overrides.get(case.dialect, {})
        check_raw_names(raw, vendor, f"{name}.vendor_overrides")
    for handset in case.device.get("handsets") or []:
        overrides = handset.get("overrides") or {}
        check_abstractions(overrides.get("abstractions") or {}, f"handset {handset['slot']}.abstractions")
        check_raw_names(overrides.get("vendor_overrides") or {}, vendor, f"handset {handset['slot']}.vendor_overrides")
        assert parse_ipei(handset["ipei"]) == handset["ipei"], "the store has it in its one spelling"


@cases
def test_the_phone_gets_exactly_the_expected_bytes(case: Case, catalogue: Catalogue, renderer: Renderer) -> None:
    body = serve(case, catalogue, renderer).document.body
    expected = case.expected.read_bytes()
    difference = unified_diff(
        expected.decode().splitlines(), body.decode().splitlines(), str(case.expected), "rendered", lineterm=""
    )
    assert body == expected, "\n" + "\n".join(difference)


@cases
def test_a_case_renders_the_same_every_time(case: Case, catalogue: Catalogue, renderer: Renderer) -> None:
    """A file that differs from itself makes every phone apply it again at every poll."""
    assert serve(case, catalogue, renderer).document == serve(case, catalogue, renderer).document


def test_every_template_that_is_served_has_a_case(catalogue: Catalogue) -> None:
    """A layout that no case shows can break unseen."""
    shown = {(case.dialect, match.rule.template) for case in all_cases() if (match := _match(case, catalogue))}
    served = {(name, rule.template) for name, vendor in catalogue.dialects.items() for rule in vendor.files}
    assert {pair for pair in served if pair[1]} <= shown


def _match(case: Case, catalogue: Catalogue) -> Match | None:
    return claim_of(case, catalogue).match_for(case.dialect)
