"""Where a line's NOTIFY goes: the operator's word first, then what the phone itself is told."""

from dataclasses import replace

import pytest

from provserver.checksync.destination import Destination, destination_of
from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import Route

PHONE = Route(server="registrar.test", domain="pbx.test", port=5070, transport="tcp")


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (replace(PHONE, proxy="sip:edge.test:5080;transport=tls"), Destination("edge.test", 5080, "tls")),
        (replace(PHONE, proxy="sip:edge.test"), Destination("edge.test")),
        (replace(PHONE, proxy="sips:edge.test"), Destination("edge.test", None, "tls")),
        (replace(PHONE, proxy="sip:[2001:db8::1]:5060"), Destination("2001:db8::1", 5060)),
        (replace(PHONE, outbound_proxy="out.test:5090"), Destination("out.test", 5090, "tcp")),
        (replace(PHONE, outbound_proxy="out.test"), Destination("out.test", None, "tcp")),
        (replace(PHONE, outbound_proxy="[2001:db8::2]"), Destination("2001:db8::2", None, "tcp")),
        (PHONE, Destination("registrar.test", 5070, "tcp")),
        (Route(domain="pbx.test", transport="udp"), Destination("pbx.test", None, "udp")),
        (Route(server="2001:db8::3", transport="udp"), Destination("2001:db8::3", None, "udp")),
        (Route(), Destination("of-the-line.test")),
    ],
)
def test_the_order_of_the_settings(route: Route, expected: Destination) -> None:
    assert destination_of(route, "of-the-line.test") == expected


@pytest.mark.parametrize(
    ("route", "word"),
    [
        (Route(), "no SIP server is set"),
        (Route(proxy="sip:edge.test;transport=carrier-pigeon"), "carrier-pigeon"),
        (Route(proxy="http://edge.test/"), "neither host:port nor a SIP URI"),
    ],
)
def test_a_route_that_leads_nowhere_says_why(route: Route, word: str) -> None:
    with pytest.raises(ProxyProblem, match=word):
        destination_of(route, "")
