"""Proofs stand between a guessed MAC and a SIP password."""

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.proofs import PROOFS, Evidence, Verdict, judge

from .fleet import NOW, device

NETWORKS = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]
INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.1"
LATER = NOW + timedelta(hours=1)
PLAIN: dict[str, Any] = {}
ARMED: dict[str, Any] = {"window_until": LATER}
PINNED: dict[str, Any] = {"window_until": LATER, "window_address": INSIDE}
ALL = PROOFS
NONE = Verdict(None)


@pytest.mark.parametrize(
    ("accepted", "armed", "source", "at", "token_fits", "verdict"),
    [
        # The token, and that it ends a window that is open.
        (ALL, PLAIN, OUTSIDE, NOW, True, Verdict("token")),
        (ALL, ARMED, OUTSIDE, NOW, True, Verdict("token", ends_window=True)),
        (ALL, PINNED, OUTSIDE, NOW, True, Verdict("token", ends_window=True)),
        (["window"], PLAIN, OUTSIDE, NOW, True, NONE),
        # Another device's token refuses whatever else would hold.
        (ALL, PLAIN, INSIDE, NOW, False, NONE),
        (["open"], ARMED, INSIDE, NOW, False, NONE),
        # Networks, of either family.
        (["network"], PLAIN, INSIDE, NOW, None, Verdict("network")),
        (["network"], PLAIN, OUTSIDE, NOW, None, NONE),
        (["network"], PLAIN, "2001:db8::1", NOW, None, Verdict("network")),
        (["network"], PLAIN, "2001:db9::1", NOW, None, NONE),
        (["network"], PLAIN, "::ffff:192.0.2.7", NOW, None, NONE),
        (["network", "window"], ARMED, INSIDE, NOW, None, Verdict("network", ends_window=True)),
        # The window, its edges, and the address it is pinned to.
        (["window"], PLAIN, INSIDE, NOW, None, NONE),
        (["window"], ARMED, INSIDE, NOW, None, Verdict("window", pins_window=True)),
        (["window"], ARMED, INSIDE, LATER - timedelta(microseconds=1), None, Verdict("window", pins_window=True)),
        (["window"], ARMED, INSIDE, LATER, None, NONE),
        (["window"], ARMED, INSIDE, LATER + timedelta(days=1), None, NONE),
        (["window"], PINNED, INSIDE, NOW, None, Verdict("window")),
        (["window"], PINNED, OUTSIDE, NOW, None, NONE),
        (["window"], PINNED, INSIDE, LATER, None, NONE),
        (["window"], {"window_address": INSIDE}, INSIDE, NOW, None, NONE),
        # Open, which tells nothing of who it was and so ends no window.
        (["open"], PLAIN, OUTSIDE, NOW, None, Verdict("open")),
        (["open"], ARMED, OUTSIDE, NOW, None, Verdict("open")),
        (["open", "window"], ARMED, OUTSIDE, NOW, None, Verdict("window", pins_window=True)),
        (["open", "window"], PINNED, OUTSIDE, NOW, None, Verdict("open")),
        # Nothing is accepted, or nothing holds.
        ([], ARMED, INSIDE, NOW, True, NONE),
        (["token"], ARMED, INSIDE, NOW, None, NONE),
    ],
)
def test_who_gets_a_file(
    accepted: list[str],
    armed: dict[str, Any],
    source: str,
    at: datetime,
    token_fits: bool | None,
    verdict: Verdict,
) -> None:
    assert judge(accepted, NETWORKS, device(**armed), Evidence(source, at, token_fits)) == verdict


def test_the_strongest_proof_is_the_one_that_is_told() -> None:
    """Events show how a phone proved itself; the order of the configuration must not change that."""
    everything = Evidence(INSIDE, NOW, token_fits=True)
    for accepted in (PROOFS, tuple(reversed(PROOFS))):
        assert judge(accepted, NETWORKS, device(**ARMED), everything).proof == "token"


@given(
    st.sets(st.sampled_from(PROOFS)),
    st.sampled_from([PLAIN, ARMED, PINNED]),
    st.sampled_from([INSIDE, OUTSIDE, "2001:db8::5", "2001:db9::5"]),
    st.sampled_from([True, None]),
)
def test_a_proof_more_never_locks_a_phone_out(
    accepted: set[str], armed: dict[str, Any], source: str, token_fits: bool | None
) -> None:
    phone, evidence = device(**armed), Evidence(source, NOW, token_fits)
    proof = judge(accepted, NETWORKS, phone, evidence).proof
    assert proof is None or proof in accepted
    if proof:
        assert judge(PROOFS, NETWORKS, phone, evidence).proof is not None


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6), st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_holds_exactly_the_addresses_with_its_leading_bits(source: Any, base: Any, length: int) -> None:
    network = IPv4Network((base, length), strict=False)
    holds = source.version == 4 and int(source) >> (32 - length) == int(base) >> (32 - length)
    verdict = judge(["network"], [network], device(), Evidence(str(source), NOW))
    assert (verdict.proof == "network") is holds


def test_a_network_of_the_other_family_holds_nothing() -> None:
    """`::/0` is not "everybody" for phones on IPv4: who configures it did not say so."""
    verdict = judge(["network"], [IPv6Network("::/0")], device(), Evidence("192.0.2.1", NOW))
    assert verdict == NONE


def test_the_pin_survives_a_copy_of_the_record() -> None:
    pinned = replace(device(**ARMED), window_address=INSIDE)
    assert judge(["window"], [], pinned, Evidence(OUTSIDE, NOW)) == NONE
