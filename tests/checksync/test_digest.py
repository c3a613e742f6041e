"""Digest: the known answers of the RFCs, and what a phone may ask for."""

import pytest

from provserver.checksync.digest import (
    Challenge,
    Credentials,
    Keyring,
    Signed,
    authorization,
    first_known,
    read_challenge,
    response_of,
)

MUFASA = Credentials("Mufasa", "Circle of Life")
RFC7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC7616_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "known"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, known: str) -> None:
    challenge = Challenge("http-auth@example.org", RFC7616_NONCE, algorithm, "auth")
    signed = Signed("GET", "/dir/index.html")
    assert response_of(challenge, MUFASA, signed, "00000001", RFC7616_CNONCE) == known


def test_the_example_of_rfc_2617() -> None:
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "MD5", "auth")
    credentials = Credentials("Mufasa", "Circle Of Life")
    response = response_of(challenge, credentials, Signed("GET", "/dir/index.html"), "00000001", "0a4f113b")
    assert response == "6629fae49393a05397450978507c4ef1"


def test_a_registrar_of_rfc_2069_that_offers_no_qop_is_answered_without_one() -> None:
    """RFC 2069, section 2.4, with its erratum's response."""
    challenge = Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093")
    credentials = Credentials("Mufasa", "CircleOfLife")
    response = response_of(challenge, credentials, Signed("GET", "/dir/index.html"), "00000001", "")
    assert response == "1949323746fe6a43ef61f9606e7febea"
    assert "qop" not in authorization(challenge, credentials, Signed("GET", "/"), 1, "c")


def test_auth_int_covers_the_body() -> None:
    challenge = Challenge("r", "n", "MD5", "auth-int")
    key = Credentials("u", "p")
    one = response_of(challenge, key, Signed("NOTIFY", "sip:u@h", b"a"), "00000001", "c")
    assert one != response_of(challenge, key, Signed("NOTIFY", "sip:u@h", b"b"), "00000001", "c")


def test_commas_and_quotes_inside_quotes_belong_to_the_value() -> None:
    challenge = read_challenge(
        r'Digest realm="Lion, \"King\"", nonce="a==", qop="auth,auth-int", opaque="", algorithm=SHA-256, stale=TRUE'
    )
    assert challenge == Challenge('Lion, "King"', "a==", "SHA-256", "auth", "", stale=True, spelled="SHA-256")


@pytest.mark.parametrize(
    "value",
    [
        'Basic realm="x"',
        'Digest realm="x"',
        'Digest realm="x", nonce="n", algorithm=SHA-512-256',
        'Digest realm="x", nonce="n", qop="auth-conf"',
    ],
)
def test_what_we_cannot_answer_is_not_answered(value: str) -> None:
    assert read_challenge(value) is None


def test_of_several_challenges_the_topmost_we_know_is_answered() -> None:
    offered = [
        'Digest realm="r", nonce="1", algorithm=SHA-512-256',
        'Digest realm="r", nonce="2", algorithm=SHA-256',
        'Digest realm="r", nonce="3"',
    ]
    challenge = first_known(offered)
    assert challenge is not None
    assert challenge.nonce == "2"


def test_the_header_spells_what_servers_insist_on() -> None:
    """qop, nc and algorithm bare, everything else quoted (RFC 7616 section 3.4); quotes in names escaped."""
    challenge = Challenge('a"b', "n", "SHA-256", "auth", "o", spelled="SHA-256")
    value = authorization(challenge, Credentials("u\\x", "p"), Signed("NOTIFY", "sip:u@h"), 2, "c")
    assert value.startswith('Digest username="u\\\\x", realm="a\\"b", nonce="n", uri="sip:u@h", response="')
    assert value.endswith('", algorithm=SHA-256, qop=auth, nc=00000002, cnonce="c", opaque="o"')


class TestKeyring:
    """Who is asked for which password, and when to give up."""

    def ring(self) -> Keyring:
        return Keyring({407: Credentials("proxy", "p"), 401: Credentials("line", "l")}, lambda: "c")

    def test_proxy_and_phone_each_get_their_own_credentials(self) -> None:
        ring = self.ring()
        assert ring.take(407, ['Digest realm="a", nonce="n1", qop="auth"'])
        assert ring.take(401, ['Digest realm="b", nonce="n2"'])
        (first, proxy), (second, line) = ring.answers(Signed("NOTIFY", "sip:u@h"))
        assert (first, second) == ("Proxy-Authorization", "Authorization")
        assert 'username="proxy", realm="a"' in proxy
        assert 'username="line", realm="b"' in line

    def test_a_nonce_that_is_used_again_is_counted(self) -> None:
        ring = self.ring()
        ring.take(407, ['Digest realm="a", nonce="n1", qop="auth"'])
        assert "nc=00000001" in ring.answers(Signed("NOTIFY", "sip:u@h"))[0][1]
        assert "nc=00000002" in ring.answers(Signed("NOTIFY", "sip:u@h"))[0][1]

    def test_a_refused_password_is_not_tried_again(self) -> None:
        ring = self.ring()
        assert ring.take(407, ['Digest realm="a", nonce="n1"'])
        assert not ring.take(407, ['Digest realm="a", nonce="n2"'])

    def test_a_stale_nonce_is_worth_one_more_try_and_no_third(self) -> None:
        ring = self.ring()
        assert ring.take(407, ['Digest realm="a", nonce="n1"'])
        assert ring.take(407, ['Digest realm="a", nonce="n2", stale=true'])
        assert not ring.take(407, ['Digest realm="a", nonce="n3", stale=true'])
