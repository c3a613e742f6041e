"""The NOTIFY's text: what a proxy or phone rejects when it is wrong."""

import pytest

from provserver.checksync.notify import Attempt, Local, Sender, address_of_record, notify_request
from provserver.domain.checksync import Target
from tests.checksync.lines import line

SENDER = Sender("provisioner@pbx.test", "f1", "call-1")
LOCAL = Local("UDP", "192.0.2.9", 5070)
FIRST = Attempt(1, "z9hG4bKb1")


def text(target: Target | None = None, local: Local = LOCAL, attempt: Attempt = FIRST) -> str:
    return notify_request(target or line(), SENDER, local, attempt).decode()


def test_the_whole_message_as_it_goes_on_the_wire() -> None:
    assert text() == (
        "NOTIFY sip:1001@pbx.test SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.9:5070;rport;branch=z9hG4bKb1\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:provisioner@pbx.test>;tag=f1\r\n"
        "To: <sip:1001@pbx.test>\r\n"
        "Call-ID: call-1\r\n"
        "CSeq: 1 NOTIFY\r\n"
        "Contact: <sip:provserver@192.0.2.9:5070>\r\n"
        "Event: check-sync;reboot=false\r\n"
        "Subscription-State: terminated\r\n"
        "User-Agent: provserver\r\n"
        "Content-Length: 0\r\n"
        "\r\n"
    )


def test_a_phone_that_answers_over_tls_must_be_told_so_in_the_contact() -> None:
    said = text(local=Local("TLS", "[2001:db8::9]", 40000))
    assert "Via: SIP/2.0/TLS [2001:db8::9]:40000;rport;branch=" in said
    assert "Contact: <sip:provserver@[2001:db8::9]:40000;transport=tls>\r\n" in said


def test_a_vendor_that_wants_a_body_gets_its_length_in_bytes() -> None:
    said = text(line(event="service-control", body="action=restart\nname=Jörg\n", content_type="text/plain"))
    assert "Content-Type: text/plain\r\n" in said
    assert "Content-Length: 26\r\n" in said
    assert said.endswith("\r\n\r\naction=restart\nname=Jörg\n")


def test_credentials_are_repeated_under_the_next_number() -> None:
    said = text(attempt=Attempt(3, "z9hG4bKb3", (("Proxy-Authorization", "Digest a"), ("Authorization", "Digest b"))))
    assert "CSeq: 3 NOTIFY\r\n" in said
    assert "Proxy-Authorization: Digest a\r\nAuthorization: Digest b\r\n" in said


@pytest.mark.parametrize(
    ("aor", "uri"),
    [
        ("1001@pbx.test", "sip:1001@pbx.test"),
        ("jane doe@pbx.test", "sip:jane%20doe@pbx.test"),
        ("a@b@pbx.test", "sip:a%40b@pbx.test"),
        ("1001@2001:db8::1", "sip:1001@[2001:db8::1]"),
        ("1001@[2001:db8::1]", "sip:1001@[2001:db8::1]"),
    ],
)
def test_reserved_characters_of_a_user_do_not_change_who_is_meant(aor: str, uri: str) -> None:
    assert str(address_of_record(aor)) == uri


@pytest.mark.parametrize("target", [line(event="check-sync\r\nX: y"), line(username="1001\r\nX: y")])
def test_a_value_cannot_smuggle_in_a_header(target: Target) -> None:
    with pytest.raises(ValueError, match="control character"):
        text(target)
