"""A MAC is who a device is: read wrongly, a phone gets somebody else's file or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.errors import Invalid
from provserver.domain.mac import Mac, parse_mac, seen_mac

unicast = st.integers(1, 2**48 - 1).map(lambda n: n & ~(1 << 40)).filter(bool).map(lambda n: f"{n:012x}")


def _pairs(bare: str, separator: str) -> str:
    return separator.join(bare[i : i + 2] for i in range(0, 12, 2))


@given(unicast, st.booleans())
def test_every_usual_spelling_in_any_case_is_the_same_device(bare: str, upper: bool) -> None:
    dotted = ".".join(bare[i : i + 4] for i in (0, 4, 8))
    for spelling in (bare, _pairs(bare, ":"), _pairs(bare, "-"), dotted):
        spelled = spelling.upper() if upper else spelling
        assert parse_mac(spelled) == Mac(bare)
        assert seen_mac(spelled) == Mac(bare)


@given(unicast)
def test_the_text_that_the_api_shows_is_lower_case_with_colons_and_reads_back(bare: str) -> None:
    text = str(Mac(bare))
    assert text == _pairs(bare, ":")
    assert parse_mac(text) == Mac(bare)
    assert Mac(bare).upper == bare.upper()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("000000000000", "all-zero"),
        ("00:00:00:00:00:00", "all-zero"),
        ("ff:ff:ff:ff:ff:ff", "broadcast"),
        ("FFFFFFFFFFFF", "broadcast"),
        ("01:00:5e:00:00:fb", "multicast"),
        ("330000000001", "multicast"),
        ("", "not a MAC address"),
        ("000413aabbc", "not a MAC address"),
        ("000413aabbccd", "not a MAC address"),
        ("000413aabbcg", "not a MAC address"),
        ("00:04:13:aa:bb-cc", "not a MAC address"),
        ("00:04:13aabbcc", "not a MAC address"),
        ("0:4:13:aa:bb:cc", "not a MAC address"),
        ("000413.aabbcc", "not a MAC address"),
        (" 000413aabbcc", "not a MAC address"),
        ("000413aabbcc\n", "not a MAC address"),
        ("٠٠٠٤١٣aabbcc", "not a MAC address"),
    ],
)
def test_what_no_device_can_have_is_refused_naming_the_field(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as failure:
        parse_mac(text, "devices.0.mac_address")
    assert list(failure.value.details) == ["devices.0.mac_address"]
    assert failure.value.code == "validation_error"


@given(st.text())
def test_no_text_at_all_makes_the_reader_of_requests_fail(text: str) -> None:
    """A phone, or a scanner, may put anything in a path: it is a MAC that a device can have, or nothing."""
    seen = seen_mac(text)
    if seen:
        assert parse_mac(seen.bare) == seen


@pytest.mark.parametrize("text", ["000000000000", "ffffffffffff", "01005e0000fb", "", "-", "000413aabbcg"])
def test_a_request_cannot_name_a_device_that_cannot_exist(text: str) -> None:
    assert seen_mac(text) is None
