"""Streams come in arbitrary pieces; what is no SIP must not confuse what is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.checksync.framing import Framer, read_response

ANSWER = (
    b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKa;rport=5\r\n"
    b"CSeq: 1 NOTIFY\r\nContent-Length: 3\r\n\r\nabc"
)
SHORT = b"SIP/2.0 202 Accepted\r\nv: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKb\r\nl: 0\r\n\r\n"


@given(st.lists(st.integers(1, 120)))
def test_messages_are_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = ANSWER + b"\r\n\r\n" + SHORT + b"\r\n" + ANSWER
    framer, messages = Framer(), []
    for cut in [*cuts, len(stream)]:
        messages += framer.feed(stream[:cut])
        stream = stream[cut:]
    assert messages == [ANSWER, SHORT, ANSWER]


def test_a_peer_that_sends_rubbish_is_not_listened_to_for_ever() -> None:
    with pytest.raises(ValueError, match="64 KiB"):
        Framer().feed(b"x" * 70_000)


def test_the_branch_is_that_of_the_topmost_via() -> None:
    both = ANSWER.replace(b"\r\nCSeq", b"\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKother\r\nCSeq")
    read = read_response(both)
    assert read is not None
    assert (read[0], read[1].code, read[1].body) == ("z9hG4bKa", 200, b"abc")


def test_folded_headers_are_one_line() -> None:
    read = read_response(SHORT.replace(b"\r\nl: 0", b'\r\nWarning: 399 a\r\n \t"b"\r\nl: 0'))
    assert read is not None
    assert read[1].headers["Warning"] == '399 a "b"'


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00\x00",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 abc OK\r\nVia: x\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n",
        b"SIP/2.0 200 OK\r\nno colon\r\n\r\n",
        b"SIP/2.0 200 \xff\r\nVia: SIP/2.0/UDP h;branch=b\r\n\r\n",
        b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\n\r\n",
    ],
)
def test_what_is_no_response_is_passed_over(message: bytes) -> None:
    assert read_response(message) is None
