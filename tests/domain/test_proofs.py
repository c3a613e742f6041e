"""Proofs stand between a guessed MAC and a SIP password."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.proofs import PROOFS, Evidence, Secret, Verdict, accepted_proofs, judge, why_refused

from .fleet import NOW, device

NETWORKS = [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]
INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.1"
LATER = NOW + timedelta(hours=1)
PLAIN: dict[str, Any] = {}
ARMED: dict[str, Any] = {"window_until": LATER}
PINNED: dict[str, Any] = {"window_until": LATER, "window_address": INSIDE}
ROTATED: dict[str, Any] = {"has_two_secrets": True}
ALL = PROOFS[:-1]
NONE = Verdict(None)


def _evidence(**brought: Any) -> Evidence:
    return Evidence(**{"source": OUTSIDE, "at": NOW, **brought})


MINE, BEFORE, BURNT, GUESS, ANOTHERS = Secret


@pytest.mark.parametrize(
    ("accepted", "armed", "brought", "verdict"),
    [
        # The token, and that it ends a window that is open.
        (ALL, PLAIN, {"token": MINE}, Verdict("token")),
        (ALL, ARMED, {"token": MINE}, Verdict("token", ends_window=True)),
        (ALL, PINNED, {"token": MINE}, Verdict("token", ends_window=True)),
        (["window"], PLAIN, {"token": MINE}, NONE),
        # A token of before, while its phone has not shown the new one; the new one ends that.
        (ALL, ROTATED, {"token": BEFORE}, Verdict("token")),
        (ALL, ROTATED, {"token": MINE}, Verdict("token", ends_overlap=True)),
        (ALL, ROTATED, {"token": BEFORE, "digest": MINE}, Verdict("token")),
        # One that is burnt says nothing, one that is a guess keeps the window closed, and nothing else.
        (["token", "window"], PLAIN, {"token": BURNT}, NONE),
        (["token", "window"], ARMED, {"token": BURNT}, Verdict("window", pins_window=True)),
        (["token", "window"], ARMED, {"token": GUESS}, NONE),
        (["network", "window"], ARMED, {"token": GUESS, "source": INSIDE}, Verdict("network", ends_window=True)),
        # The same secret as an answer to a challenge, where no window stands beside it.
        (ALL, ARMED, {"digest": MINE, "challenged": True}, Verdict("digest", ends_window=True)),
        (ALL, ROTATED, {"digest": BEFORE, "challenged": True}, Verdict("digest")),
        (ALL, ROTATED, {"basic": MINE, "challenged": True}, Verdict("basic", ends_overlap=True)),
        (ALL[:-1], ARMED, {"digest": GUESS, "challenged": True}, NONE),
        (["digest"], PLAIN, {"basic": MINE, "challenged": True}, NONE),
        (["window"], ARMED, {"challenged": True}, NONE),
        # A certificate.
        (ALL, ARMED, {"certificate": True}, Verdict("certificate", ends_window=True)),
        (["token"], PLAIN, {"certificate": True}, NONE),
        # What is another device's refuses whatever else would hold.
        (ALL, PLAIN, {"token": ANOTHERS, "source": INSIDE}, NONE),
        (["open"], ARMED, {"token": ANOTHERS}, NONE),
        (ALL, ARMED, {"certificate": False, "token": MINE}, NONE),
        (ALL, ARMED, {"certificate": True, "token": ANOTHERS}, NONE),
        # Networks, of either family.
        (["network"], PLAIN, {"source": INSIDE}, Verdict("network")),
        (["network"], PLAIN, {"source": OUTSIDE}, NONE),
        (["network"], PLAIN, {"source": "2001:db8::1"}, Verdict("network")),
        (["network"], PLAIN, {"source": "2001:db9::1"}, NONE),
        (["network"], PLAIN, {"source": "::ffff:192.0.2.7"}, NONE),
        (["network", "window"], ARMED, {"source": INSIDE}, Verdict("network", ends_window=True)),
        # The window, its edges, and the address it is pinned to.
        (["window"], PLAIN, {}, NONE),
        (["window"], ARMED, {}, Verdict("window", pins_window=True)),
        (["window"], ARMED, {"at": LATER - timedelta(microseconds=1)}, Verdict("window", pins_window=True)),
        (["window"], ARMED, {"at": LATER}, NONE),
        (["window"], ARMED, {"at": LATER + timedelta(days=1)}, NONE),
        (["window"], PINNED, {"source": INSIDE}, Verdict("window")),
        (["window"], PINNED, {"source": OUTSIDE}, NONE),
        (["window"], PINNED, {"source": INSIDE, "at": LATER}, NONE),
        (["window"], {"window_address": INSIDE}, {"source": INSIDE}, NONE),
        # Open, which tells nothing of who it was and so ends no window.
        (["open"], PLAIN, {}, Verdict("open")),
        (["open"], ARMED, {}, Verdict("open")),
        (["open", "window"], ARMED, {}, Verdict("window", pins_window=True)),
        (["open", "window"], PINNED, {}, Verdict("open")),
        # Nothing is accepted, or nothing holds.
        ([], ARMED, {"token": MINE, "certificate": True}, NONE),
        (["token"], ARMED, {}, NONE),
    ],
)
def test_who_gets_a_file(accepted: list[str], armed: dict[str, Any], brought: dict[str, Any], verdict: Verdict) -> None:
    assert judge(accepted, NETWORKS, device(**armed), _evidence(**brought)) == verdict


@pytest.mark.parametrize(
    ("accepted", "armed", "brought", "why"),
    [
        (ALL, PLAIN, PLAIN, "no proof: its window is closed"),
        (ALL, {"window_until": NOW}, PLAIN, f"no proof: its window ended at {NOW:%Y-%m-%dT%H:%M:%SZ}"),
        (ALL, PINNED, PLAIN, f"no proof: its window belongs to {INSIDE}"),
        (
            ALL,
            ARMED,
            PLAIN,
            "no proof: its window is not for this address, which came second or asked for too many",
        ),
        (["token"], ARMED, PLAIN, "no proof: it has shown nothing that is accepted"),
        (["window"], PLAIN, {"token": MINE}, "no proof: its token is right, but token is not accepted"),
        (
            ["token"],
            PLAIN,
            {"certificate": True},
            "no proof: its certificate is right, but certificate is not accepted",
        ),
        (ALL, ARMED, {"token": GUESS}, "no proof: its token is wrong"),
        (ALL, PLAIN, {"token": BURNT}, "no proof: its token was replaced"),
        (ALL, ARMED, {"digest": GUESS, "challenged": True}, "no proof: its password is wrong"),
        (ALL, ARMED, {"token": ANOTHERS}, "the token is another device's"),
    ],
)
def test_an_operator_reads_why_a_phone_gets_nothing(
    accepted: list[str], armed: dict[str, Any], brought: dict[str, Any], why: str
) -> None:
    assert why_refused(accepted, replace(device(), **armed), _evidence(**brought)) == why


def test_the_strongest_proof_is_the_one_that_is_told() -> None:
    """Events show how a phone proved itself; the order of the configuration must not change that."""
    everything = _evidence(source=INSIDE, token=MINE, digest=MINE)
    for accepted in (PROOFS, tuple(reversed(PROOFS))):
        assert judge(accepted, NETWORKS, device(**ARMED), everything).proof == "token"


_SECRETS = st.sampled_from([*Secret, None])


@given(
    st.sets(st.sampled_from(PROOFS)),
    st.sampled_from([PLAIN, ARMED, PINNED, ROTATED]),
    st.builds(
        Evidence,
        st.sampled_from([INSIDE, OUTSIDE, "2001:db8::5", "2001:db9::5"]),
        st.just(NOW),
        certificate=st.sampled_from([True, False, None]),
        token=_SECRETS,
        digest=_SECRETS,
        basic=_SECRETS,
        challenged=st.booleans(),
    ),
)
def test_a_proof_more_never_locks_a_phone_out(accepted: set[str], armed: dict[str, Any], evidence: Evidence) -> None:
    phone = device(**armed)
    proof = judge(accepted, NETWORKS, phone, evidence).proof
    assert proof is None or (proof in accepted and not evidence.is_anothers)
    if proof:
        assert judge(PROOFS, NETWORKS, phone, evidence).proof is not None


@pytest.mark.parametrize(
    ("general", "account", "own", "counts"),
    [
        (("window", "token"), None, None, ["token", "window"]),
        (("token", "window"), ("digest",), None, ["digest"]),
        (("token", "window"), None, ("token",), ["token"]),
        (("token",), ("digest", "basic"), ("token", "basic"), ["basic"]),
        (("token",), (), None, []),
    ],
)
def test_an_account_has_its_own_list_and_a_device_only_takes_away(
    general: Any, account: Any, own: Any, counts: list[str]
) -> None:
    assert accepted_proofs(general, account, own) == counts


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
