"""Where a line's NOTIFY goes: the operator's word first, then what the phone itself is told."""

import pytest

from provserver.checksync.destination import Destination, destination_of
from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import Route

PHONE = {"server": "registrar.test", "domain": "pbx.test", "port": 5070, "transport": "tcp"}


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (Route(proxy="sip:edge.test:5080;transport=tls", **PHONE), Destination("edge.test", 5080, "tls")),
        (Route(proxy="sip:edge.test", **PHONE), Destination("edge.test")),
        (Route(proxy="sips:edge.test", **PHONE), Destination("edge.test", None, "tls")),
        (Route(proxy="sip:[2001:db8::1]:5060", **PHONE), Destination("2001:db8::1", 5060)),
        (Route(outbound_proxy="out.test:5090", **PHONE), Destination("out.test", 5090, "tcp")),
        (Route(outbound_proxy="out.test", **PHONE), Destination("out.test", None, "tcp")),
        (Route(outbound_proxy="[2001:db8::2]", **PHONE), Destination("2001:db8::2", None, "tcp")),
        (Route(**PHONE), Destination("registrar.test", 5070, "tcp")),
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
