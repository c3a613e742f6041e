"""Identification decides whose file a request is about: a wrong answer hands out another phone's secrets."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from provserver.domain.catalogue import Catalogue
from provserver.domain.identify import Claim, clean_path, identify, read_agent
from provserver.domain.mac import Mac

from .fleet import catalogue, vendor

CATALOGUE = catalogue()
MAC = Mac("0200001a2b3c")
OTHER = Mac("0200001a2b3d")


def _claim(path: str, agent: str = "", **query: str) -> Claim:
    claim = identify(path, query, agent, CATALOGUE)
    assert claim is not None
    return claim


def _rules(claim: Claim) -> list[tuple[str, str]]:
    return [(match.vendor, match.rule.id) for match in claim.matches]


@pytest.mark.parametrize(
    "path", ["/0200001a2b3c.cfg", "/0200001A2B3C.CFG", "/02:00:00:1a:2b:3c.cfg", "/02-00-00-1A-2B-3C.cfg"]
)
def test_a_phone_is_known_by_its_mac_in_any_case_and_spelling(path: str) -> None:
    claim = _claim(path)
    assert (claim.mac, claim.token, _rules(claim)) == (MAC, None, [("acme", "own")])


def test_a_token_is_split_from_the_file_and_does_not_change_which_file_it_is() -> None:
    claim = _claim("/p/t0ken/0200001a2b3c.cfg")
    assert (claim.token, claim.file, claim.mac) == ("t0ken", "0200001a2b3c.cfg", MAC)
    assert _rules(claim) == [("acme", "own")]


def test_a_token_alone_is_a_request_for_its_folder() -> None:
    assert (_claim("/p/t0ken").token, _claim("/p/t0ken").file) == ("t0ken", "")
    assert (_claim("/p/t0ken/").token, _claim("/p/t0ken/").file) == ("t0ken", "")


def test_a_model_in_the_path_is_spelled_as_the_catalogue_does() -> None:
    assert _claim("/a1-0200001a2b3c.cfg").matches[0].model == "A1"
    assert _claim("/zz9-0200001a2b3c.cfg").matches[0].model == "zz9"


def test_a_mac_in_the_query_names_the_device_where_the_rule_says_so() -> None:
    claim = _claim("/config.cfg", mac="02:00:00:1A:2B:3C")
    assert (claim.mac, _rules(claim)) == (MAC, [("acme", "asked")])


def test_a_query_rule_without_a_mac_that_can_be_one_fits_nothing() -> None:
    assert _rules(_claim("/config.cfg")) == []
    assert _rules(_claim("/config.cfg", mac="000000000000")) == []
    assert _rules(_claim("/config.cfg", mac="../../etc/passwd")) == []


@pytest.mark.parametrize(
    ("path", "agent", "query"),
    [
        ("/0200001a2b3c.cfg", "acme-A1/1.0 0200001a2b3d", {}),
        ("/0200001a2b3c.cfg", "", {"mac": OTHER.bare}),
        ("/config.cfg", "acme-A1/1.0 0200001a2b3d", {"mac": MAC.bare}),
        ("/a1.common", "acme-A1/1.0 0200001a2b3d", {"mac": MAC.bare}),
        ("/p/t0ken/0200001a2b3c.cfg", "bell 0200001a2b3d", {}),
    ],
)
def test_a_request_that_names_two_devices_is_neither(path: str, agent: str, query: dict[str, str]) -> None:
    """Phone A's file must never go to a request that says it is phone B."""
    claim = _claim(path, agent, **query)
    assert claim.contradicts_itself
    assert claim.mac is None
    assert claim.macs == {MAC, OTHER}


def test_all_places_may_name_the_same_device() -> None:
    claim = _claim("/0200001a2b3c.cfg", "acme-A1/1.0 02:00:00:1A:2B:3C", mac="0200.001a.2b3c")
    assert not claim.contradicts_itself
    assert claim.mac == MAC


@pytest.mark.parametrize("bare", ["000000000000", "ffffffffffff", "01005e000001"])
def test_a_path_with_a_mac_that_no_device_has_fits_no_rule(bare: str) -> None:
    assert _rules(_claim(f"/{bare}.cfg")) == []


def test_another_vendors_pattern_is_told_apart_from_the_devices_own() -> None:
    """A Bell phone must not be served the file of an Acme device because the name would fit."""
    claim = _claim("/bell/0200001a2b3c.cfg")
    assert _rules(claim) == [("bell", "own")]
    assert claim.match_for("acme") is None
    match = claim.match_for("bell")
    assert match is not None
    assert match.mac == MAC


def test_a_name_that_phones_of_many_vendors_ask_for_is_looked_at_once() -> None:
    """Else a request would cost the more, the more vendors there are; who of them is asked is known by the device."""
    many = {name: vendor(vendor=name, aliases=[], mac_prefixes={}) for name in map("vendor{}".format, range(50))}
    claim = identify("/0200001a2b3c.cfg", {}, "", Catalogue(many, "0123456789ab"))
    assert claim is not None
    assert (len(claim.fits), len(claim.matches), claim.mac) == (1, 50, MAC)
    match = claim.match_for("vendor49")
    assert match is not None
    assert (match.vendor, match.mac) == ("vendor49", MAC)


def test_a_mac_that_a_pattern_leaves_open_may_be_missing() -> None:
    assert _rules(_claim("/all.key")) == [("acme", "key")]
    assert _claim("/0200001a2b3c.key").mac == MAC
    assert _rules(_claim("/000000000000.key")) == []


def test_a_pattern_must_fit_the_whole_path() -> None:
    for path in (
        "/x0200001a2b3c.cfg",
        "/0200001a2b3c.cfg.bak",
        "/0200001a2b3c.cfg/",
        "/sub/0200001a2b3c.cfg",
        "/0200001a2b3c_cfg",
    ):
        assert _rules(_claim(path)) == []


@pytest.mark.parametrize(
    "path",
    [
        "/../0200001a2b3c.cfg",
        "/a/../0200001a2b3c.cfg",
        "/./0200001a2b3c.cfg",
        "/%2e%2e/0200001a2b3c.cfg",
        "/p/t0ken/%2E%2E/0200001a2b3c.cfg",
        "/p%2ft0ken/0200001a2b3c.cfg",
        "/p%2Ft0ken/0200001a2b3c.cfg",
        "/a%5c0200001a2b3c.cfg",
        "/a%5C0200001a2b3c.cfg",
        "/a\\0200001a2b3c.cfg",
        "//0200001a2b3c.cfg",
        "/p//0200001a2b3c.cfg",
        "/0200001a2b3c.cfg%00",
        "/%000200001a2b3c.cfg",
        "/0200001a2b3c.cfg%0d%0aX: y",
        "/0200001a2b3c.cfg%7f",
        "/%ff0200001a2b3c.cfg",
        "/%c0%ae%c0%ae/0200001a2b3c.cfg",
        "/%e2%80%ae0200001a2b3c.cfg",
        "/" + "a" * 512,
    ],
)
def test_a_path_that_hides_something_is_no_phones(path: str) -> None:
    assert clean_path(path) is None
    assert identify(path, {}, "", CATALOGUE) is None


def test_the_longest_path_is_still_read() -> None:
    assert clean_path("/" + "a" * 511) == "a" * 511


@given(st.text(max_size=60))
def test_no_path_makes_the_reader_fail_and_what_it_gives_back_stays_in_its_folder(path: str) -> None:
    clean = clean_path(path)
    if clean is None:
        return
    assert clean.isprintable()
    assert "\\" not in clean
    assert not {".", ".."} & set(clean.split("/"))
    assert not clean.startswith("/")


def test_bytes_that_are_no_text_are_no_path() -> None:
    """Found by the fuzzer: a server that hands them on unescaped, as aiohttp may, would have got a failure."""
    assert clean_path("/\udcc8.cfg") is None


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1, max_size=20))
def test_a_name_that_a_person_can_read_survives_its_escaping(name: str) -> None:
    assume(name not in (".", ".."))
    assert clean_path("/" + quote(name, safe="")) == name


@given(st.text(max_size=40), st.dictionaries(st.sampled_from(["mac", "x"]), st.text(max_size=20)), st.text(max_size=80))
def test_no_request_makes_identification_fail(path: str, query: dict[str, str], agent: str) -> None:
    claim = identify(path, query, agent, CATALOGUE)
    if claim:
        assert claim.contradicts_itself is (len(claim.macs) > 1)


@pytest.mark.parametrize(
    ("agent", "read"),
    [
        ("acme-A2/1.2.3 02:00:00:1a:2b:3c", ("acme", "A2", "1.2.3", MAC)),
        ("ACME-a1/7", ("acme", "A1", "7", None)),
        ("acme-A1-Rev2/7", None),
        ("Mozilla (acme-a9/7)", ("acme", "a9", "7", None)),
        ("acme-A1/7 000000000000", ("acme", "A1", "7", None)),
        ("bell 0200001a2b3c", ("bell", None, None, MAC)),
        ("curl/8.5.0", None),
        ("", None),
    ],
)
def test_a_user_agent_tells_vendor_model_firmware_and_mac(agent: str, read: Any) -> None:
    found = read_agent(agent, CATALOGUE)
    assert (found and (found.vendor, found.model, found.firmware, found.mac)) == read


def test_an_endless_user_agent_is_read_only_so_far() -> None:
    claim = _claim("/0200001a2b3c.cfg", "x" * 600 + "acme-A1/7 0200001a2b3d")
    assert claim.agent is None
    assert claim.mac == MAC
