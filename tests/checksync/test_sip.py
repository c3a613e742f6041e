"""The default back end on real sockets, against scripted SIP servers."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from provserver.checksync.digest import Credentials
from provserver.checksync.resolve import HopFinder
from provserver.checksync.sip import Identity, SipNotifier
from provserver.checksync.transaction import Timers
from provserver.checksync.transport import Flows, tls_context
from provserver.domain.checksync import LineOutcome, LineStatus, Route
from tests.checksync.agent import Agent, Script, always, in_turn, stream_agent, udp_agent
from tests.checksync.lines import line
from tests.checksync.nameserver import nameserver, resolver_at

PROXY_ASKS = '407 Proxy Authentication Required\r\nProxy-Authenticate: Digest realm="pbx.test", nonce="p", qop="auth"'
PHONE_ASKS = '401 Unauthorized\r\nWWW-Authenticate: Digest realm="phone", nonce="t", algorithm=SHA-256'
PROVISIONER = Identity(Credentials("provisioner", "secret"))
_draws = iter(range(1, 1_000_000))


def unlike(size: int) -> bytes:
    """Different bytes each time: branches must differ."""
    return next(_draws).to_bytes(size, "big")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    return ca, path


@asynccontextmanager
async def client(
    identity: Identity = PROVISIONER, resolver: Any = None, ca: Path | None = None, timers: Timers | None = None
) -> AsyncIterator[SipNotifier]:
    finder = HopFinder(resolver or resolver_at(9), unlike)
    # Copies of a request would be counted as requests, where a busy machine is slow to answer.
    notifier = SipNotifier(identity, Flows(tls_context(ca, verify=True)), finder, unlike, timers or Timers(t1=60))
    try:
        yield notifier
    finally:
        await notifier.close()


def to(agent: Agent, transport: str = "udp", host: str = "127.0.0.1") -> Route:
    return Route(proxy=f"sip:{host}:{agent.port};transport={transport}")


async def one(notifier: SipNotifier, route: Route, seconds: float = 30, **changes: Any) -> LineOutcome:
    (outcome,) = await notifier.notify([line(**changes)], route, seconds)
    return outcome


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("200 OK", LineStatus.DELIVERED),
        ("202 Accepted", LineStatus.DELIVERED),
        ("302 Moved Temporarily", LineStatus.ERROR),
        ("403 Forbidden", LineStatus.ERROR),
        ("404 Not Found", LineStatus.NOT_REGISTERED),
        ("405 Method Not Allowed", LineStatus.ERROR),
        ("408 Request Timeout", LineStatus.UNREACHABLE),
        ("410 Gone", LineStatus.NOT_REGISTERED),
        ("430 Flow Failed", LineStatus.UNREACHABLE),
        ("477 Unfortunately", LineStatus.UNREACHABLE),
        ("480 Temporarily Unavailable", LineStatus.NOT_REGISTERED),
        ("481 Subscription Does Not Exist", LineStatus.ERROR),
        ("489 Bad Event", LineStatus.ERROR),
        ("500 Service Unavailable", LineStatus.ERROR),
        ("504 Server Time-out", LineStatus.UNREACHABLE),
        ("604 Does Not Exist Anywhere", LineStatus.NOT_REGISTERED),
    ],
)
async def test_what_the_operator_reads_for_each_answer(said: str, status: LineStatus) -> None:
    async with udp_agent(always("100 Trying", said)) as agent, client() as notifier:
        outcome = await one(notifier, to(agent))
    reason = None if status is LineStatus.DELIVERED else said
    assert outcome == LineOutcome(1, status, int(said[:3]), reason, targeted=False)


async def test_over_ipv6() -> None:
    async with udp_agent(always("200 OK"), "::1") as agent, client() as notifier:
        assert (await one(notifier, to(agent, "udp", "[::1]"))).status is LineStatus.DELIVERED
        assert "[::1]:" in agent.requests[0].headers["Via"]


async def test_twelve_lines_share_one_connection() -> None:
    async with stream_agent(always("200 OK")) as agent, client() as notifier:
        outcomes = await notifier.notify([line(number) for number in range(1, 13)], to(agent, "tcp"), 30)
        again = await one(notifier, to(agent, "tcp"))
    assert [outcome.status for outcome in [*outcomes, again]] == [LineStatus.DELIVERED] * 13
    assert agent.connections == 1
    assert len({request.via[0].parameters["branch"] for request in agent.requests}) == 13


async def test_tls_is_verified_against_the_name_of_the_route(authority: tuple[trustme.CA, Path]) -> None:
    ca, path = authority
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(serving)
    zone = {("localhost", "A"): ["127.0.0.1"]}
    async with stream_agent(always("200 OK"), serving) as agent, nameserver(zone) as (resolver, _):
        async with client(ca=path, resolver=resolver) as notifier:
            right = await one(notifier, to(agent, "tls", "localhost"))
            wrong_name = await one(notifier, to(agent, "tls"))
        async with client(resolver=resolver) as notifier:
            unknown_root = await one(notifier, to(agent, "tls", "localhost"))
    assert right.status is LineStatus.DELIVERED
    for refused in (wrong_name, unknown_root):
        assert refused.status is LineStatus.ERROR
        assert refused.reason is not None
        assert refused.reason.startswith("proxy: 127.0.0.1:")
        assert "certificate is not accepted" in refused.reason
    assert len(agent.requests) == 1


async def test_verification_can_be_left_to_the_network(authority: tuple[trustme.CA, Path]) -> None:
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert("elsewhere.test").configure_cert(serving)
    async with stream_agent(always("200 OK"), serving) as agent:
        flows = Flows(lambda: tls_context(None, verify=False))
        notifier = SipNotifier(PROVISIONER, flows, HopFinder(resolver_at(9), unlike), unlike)
        assert (await one(notifier, to(agent, "tls"))).status is LineStatus.DELIVERED
        await notifier.close()


async def test_a_conversation_with_proxy_and_phone() -> None:
    """One Call-ID and From tag, rising numbers, a branch each; the proxy's credentials stay beside the phone's."""
    async with udp_agent(in_turn(PROXY_ASKS, PHONE_ASKS, "200 OK")) as agent, client() as notifier:
        outcome = await one(notifier, to(agent), auth_username="1001-auth")
    assert outcome.status is LineStatus.DELIVERED
    first, second, third = agent.requests
    assert [str(request.cseq) for request in agent.requests] == ["1 NOTIFY", "2 NOTIFY", "3 NOTIFY"]
    assert len({request.call_id for request in agent.requests}) == 1
    assert len({request.headers["From"] for request in agent.requests}) == 1
    assert first.from_address.uri.user == "provisioner"
    assert len({request.via[0].parameters["branch"] for request in agent.requests}) == 3
    assert "nc=00000001" in second.headers["Proxy-Authorization"]
    assert "nc=00000002" in third.headers["Proxy-Authorization"]
    assert 'username="provisioner", realm="pbx.test"' in third.headers["Proxy-Authorization"]
    assert 'username="1001-auth", realm="phone"' in third.headers["Authorization"]
    assert "algorithm=SHA-256" in third.headers["Authorization"]


@pytest.mark.parametrize(
    ("identity", "asks", "sip_status", "reason", "requests"),
    [
        (PROVISIONER, PROXY_ASKS, 407, "proxy: 407", 2),
        (Identity(None), PROXY_ASKS, 407, "proxy: 407", 2),
        (PROVISIONER, PHONE_ASKS, 401, "401 Unauthorized: the phone refuses the line's own credentials", 2),
        (PROVISIONER, "401 Unauthorized\r\nWWW-Authenticate: NTLM", 401, "401 Unauthorized", 1),
        (PROVISIONER, "407 Who", 407, "proxy: 407", 1),
        (PROVISIONER, "503 Overloaded", 503, "proxy: 503 Overloaded", 1),
    ],
)
async def test_refusals_are_not_argued_with(
    identity: Identity, asks: str, sip_status: int, reason: str, requests: int
) -> None:
    async with udp_agent(always(asks)) as agent, client(identity) as notifier:
        outcome = await one(notifier, to(agent))
    assert (outcome.status, outcome.sip_status) == (LineStatus.ERROR, sip_status)
    assert outcome.reason is not None
    assert outcome.reason.startswith(reason)
    assert len(agent.requests) == requests
    assert "secret" not in outcome.reason


@pytest.mark.parametrize(
    ("username", "sender", "digest_name"),
    [("prov", "sip:prov@pbx.test", "prov"), ("prov@sip.test", "sip:prov@sip.test", "prov")],
)
async def test_who_we_say_we_are(username: str, sender: str, digest_name: str) -> None:
    identity = Identity(Credentials(username, "secret"))
    async with udp_agent(in_turn(PROXY_ASKS, "200 OK")) as agent, client(identity) as notifier:
        await one(notifier, to(agent))
    assert str(agent.requests[0].from_address.uri) == sender
    assert f'username="{digest_name}"' in agent.requests[1].headers["Proxy-Authorization"]


async def test_a_lost_datagram_is_sent_again() -> None:
    timers = Timers(0.05, 0.2, 0.3)
    started = asyncio.get_running_loop().time()
    async with udp_agent(in_turn(None, None, "200 OK")) as agent, client(timers=timers) as notifier:
        assert (await one(notifier, to(agent))).status is LineStatus.DELIVERED
    assert len({bytes(request) for request in agent.requests}) == 1
    _, second, third, *_ = agent.times
    assert second - started > 0.049
    assert third - started > 0.149, "after twice the time"


async def test_over_tcp_a_silent_server_is_asked_once() -> None:
    timers = Timers(0.02, 0.05, 0.05)
    async with stream_agent(always(None)) as agent, client(timers=timers) as notifier:
        outcome = await one(notifier, to(agent, "tcp"), seconds=1)
    assert (outcome.status, outcome.reason) == (LineStatus.UNREACHABLE, "no answer within 1 s")
    assert len(agent.requests) == 1


async def test_no_answer_within_the_deadline_is_unreachable() -> None:
    async with udp_agent(always("100 Trying")) as agent, client() as notifier:
        started = asyncio.get_running_loop().time()
        outcome = await one(notifier, to(agent), seconds=0.3)
        assert asyncio.get_running_loop().time() - started < 20
    assert (outcome.status, outcome.sip_status) == (LineStatus.UNREACHABLE, None)
    assert outcome.reason == "no answer within 0.3 s"


async def test_noise_is_no_answer() -> None:
    noise: Script = lambda request, count: [b"\x00", b"SIP/2.0 200 OK\r\n\r\n", b"", "200 OK"]  # noqa: E731
    async with udp_agent(noise) as agent, client() as notifier:
        assert (await one(notifier, to(agent))).status is LineStatus.DELIVERED


async def test_an_answer_to_somebody_else_is_not_ours() -> None:
    def script(request: Any, count: int) -> Any:
        foreign = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKforeign\r\n\r\n"
        return [foreign, "489 Bad Event"]

    async with udp_agent(script) as agent, client() as notifier:
        assert (await one(notifier, to(agent))).sip_status == 489


async def test_a_connection_closed_meanwhile_is_opened_anew() -> None:
    async with stream_agent(always("200 OK")) as agent, client() as notifier:
        await one(notifier, to(agent, "tcp"))
        agent.hang_up()
        await asyncio.sleep(0.05)
        assert (await one(notifier, to(agent, "tcp"))).status is LineStatus.DELIVERED
    assert agent.connections == 2


async def test_a_connection_closed_under_the_request_is_opened_anew_once() -> None:
    """A proxy that closes idle connections at the very moment: the request is repeated on a new one, not for ever."""

    def script(request: Any, count: int) -> Any:
        if count == 0:
            return "200 OK"
        agent.hang_up()
        return None

    async with stream_agent(script) as agent, client() as notifier:
        await one(notifier, to(agent, "tcp"))
        outcome = await one(notifier, to(agent, "tcp"))
    assert agent.connections == 2
    assert len(agent.requests) == 3
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: ")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_port_where_nothing_listens_is_the_proxy_s_fault(transport: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with client() as notifier:
        outcome = await one(notifier, Route(proxy=f"sip:127.0.0.1:{port};transport={transport}"))
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason == f"proxy: 127.0.0.1:{port}/{transport}: nothing listens there (connection refused)"


async def test_what_is_no_sip_server_is_the_proxy_s_fault() -> None:
    async with stream_agent(always(b"x" * 70_000)) as agent, client() as notifier:
        outcome = await one(notifier, to(agent, "tcp"))
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: ")


async def test_a_line_without_a_server_says_so() -> None:
    async with client() as notifier:
        outcome = await one(notifier, Route(), domain="")
    assert outcome.reason == "proxy: no SIP server is set for the line, and no checksync.proxy"


async def test_one_bad_line_leaves_the_others() -> None:
    async with udp_agent(always("200 OK")) as agent, client() as notifier:
        bad, good = await notifier.notify([line(1, event="a\r\nb"), line(2)], to(agent), 30)
    assert (bad.status, good.status) == (LineStatus.ERROR, LineStatus.DELIVERED)


Notify = Callable[..., Awaitable[LineOutcome]]


@asynccontextmanager
async def two_servers(first: Script | None, second: Script) -> AsyncIterator[tuple[Agent | None, Agent, Notify]]:
    """Two servers of one domain by SRV, the first on 127.0.0.1 (None: nothing there), the second on 127.0.0.2."""
    async with udp_agent(second, "127.0.0.2") as spare:
        zone = {
            ("_sip._udp.pbx.test", "SRV"): [f"1 0 {spare.port} one.test.", f"2 0 {spare.port} two.test."],
            ("one.test", "A"): ["127.0.0.1"],
            ("two.test", "A"): ["127.0.0.2"],
        }
        async with nameserver(zone) as (resolver, _):

            async def notify(seconds: float = 30) -> LineOutcome:
                async with client(resolver=resolver) as notifier:
                    return await one(notifier, Route(domain="pbx.test", transport="udp"), seconds)

            if first is None:
                yield None, spare, notify
            else:
                async with udp_agent(first, "127.0.0.1", spare.port) as main:
                    yield main, spare, notify


async def test_a_dead_server_is_replaced_by_the_next_of_its_domain() -> None:
    async with two_servers(None, always("200 OK")) as (_, spare, notify):
        assert (await notify()).status is LineStatus.DELIVERED
    assert len(spare.requests) == 1


async def test_so_is_one_that_is_overloaded() -> None:
    async with two_servers(always("503 Later"), always("200 OK")) as (main, spare, notify):
        assert (await notify()).status is LineStatus.DELIVERED
    assert [len(agent.requests) for agent in (main, spare) if agent] == [1, 1]


async def test_so_is_one_that_is_silent_while_there_is_time() -> None:
    async with two_servers(always(None), always("200 OK")) as (_, _, notify):
        assert (await notify(4)).status is LineStatus.DELIVERED


async def test_a_phone_s_refusal_is_not_shopped_around() -> None:
    async with two_servers(always("489 Bad Event"), always("200 OK")) as (_, spare, notify):
        assert (await notify()).sip_status == 489
    assert spare.requests == []


async def test_a_name_server_that_is_silent_does_not_outlast_the_deadline() -> None:
    silent, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    async with client(resolver=resolver_at(silent.get_extra_info("sockname")[1])) as notifier:
        outcome = await one(notifier, Route(domain="pbx.invalid", transport="udp"), 0.3)
    silent.close()
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason == "proxy: looking up pbx.invalid took longer than 0.3 s"


async def test_this_back_end_cannot_tell_who_is_registered() -> None:
    async with client() as notifier:
        assert await notifier.registrations([line()]) is None
