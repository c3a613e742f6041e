"""Check-sync against a real Kamailio and real sipp phones: what an operator is told is what became of the phone."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from provserver.checksync.backend import build_notifier
from provserver.config import CheckSync
from provserver.domain.checksync import LineOutcome, LineStatus, Notifier, Route, Target
from provserver.domain.mac import Mac
from tests.e2e.pbx import DOMAIN, Pbx, password_of, pbx, wait_until
from tests.ports import free_port

MAC, OTHER_MAC = Mac("00041300aa01"), Mac("00041300bb02")
PROVISIONER = {"username": "provisioner", "password": password_of("provisioner")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """One Kamailio for the tests that leave it running; each uses users of its own."""
    with pbx(tmp_path_factory.mktemp("kamailio")) as running:
        yield running


def line(user: str, number: int = 1, **changes: Any) -> Target:
    values = {
        "line_number": number,
        "username": user,
        "domain": DOMAIN,
        "auth_username": None,
        "password": password_of(user),
        "mac": MAC,
        "source_address": None,
        "event": "check-sync;reboot=false",
    }
    return Target(**{**values, **changes})


@asynccontextmanager
async def backend(**settings: Any) -> AsyncIterator[Notifier]:
    notifier = build_notifier(
        CheckSync.model_validate(settings), clock=lambda: datetime.now(UTC), entropy=secrets.token_bytes
    )
    try:
        yield notifier
    finally:
        await notifier.close()


def route(server: Pbx, transport: str = "udp") -> Route:
    port = server.tls_port if transport == "tls" else server.sip_port
    return Route(proxy=f"sip:127.0.0.1:{port};transport={transport}")


async def by_sip(
    server: Pbx, *targets: Target, transport: str = "udp", seconds: float = 60, **settings: Any
) -> list[LineOutcome]:
    async with backend(ca=server.ca, **{**PROVISIONER, **settings}) as notifier:
        return await notifier.notify(targets, route(server, transport), seconds)


async def by_kamailio(server: Pbx, *targets: Target, seconds: float = 60) -> list[LineOutcome]:
    async with backend(backend="kamailio", kamailio={"url": server.rpc_url}) as notifier:
        return await notifier.notify(targets, Route(), seconds)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("phone_by", ["udp", "tcp"])
async def test_a_registered_phone_gets_its_notify(server: Pbx, transport: str, phone_by: str) -> None:
    phone = server.phone(f"reg-{transport}-{phone_by}", phone_by)

    (outcome,) = await by_sip(server, line(f"reg-{transport}-{phone_by}"), transport=transport)

    assert outcome == LineOutcome(1, LineStatus.DELIVERED, 200, None, targeted=False)
    text = phone.messages.read_text()
    assert "\nEvent: check-sync;reboot=false\n" in text.replace("\r\n", "\n")
    assert "Subscription-State: terminated" in text


async def test_without_an_account_of_our_own_the_line_vouches_for_itself(server: Pbx) -> None:
    server.phone("alone")
    (outcome,) = await by_sip(server, line("alone"), username=None, password=None)
    assert outcome.status is LineStatus.DELIVERED


async def test_a_line_without_a_phone_is_not_registered(server: Pbx) -> None:
    (outcome,) = await by_sip(server, line("nobody"), transport="tcp")
    assert (outcome.status, outcome.sip_status) == (LineStatus.NOT_REGISTERED, 404)


async def test_a_phone_without_power_is_unreachable(server: Pbx) -> None:
    """UDP: only the proxy's patience (6 s here) tells. TCP: the broken connection tells at once."""
    server.phone("dead-udp").kill()
    server.phone("dead-tcp", "tcp").kill()

    over_udp, over_tcp = await by_sip(server, line("dead-udp", 1), line("dead-tcp", 2))

    assert (over_udp.status, over_udp.sip_status) == (LineStatus.UNREACHABLE, 408)
    assert (over_tcp.status, over_tcp.sip_status) == (LineStatus.UNREACHABLE, 477)


async def test_a_phone_that_outlasts_the_deadline_is_unreachable_too(server: Pbx) -> None:
    server.phone("patience").kill()
    (outcome,) = await by_sip(server, line("patience"), seconds=0.3)
    assert (outcome.status, outcome.reason) == (LineStatus.UNREACHABLE, "no answer within 0.3 s")


async def test_a_phone_that_refuses_the_event_says_so(server: Pbx) -> None:
    server.phone("refuses", says="489 Bad Event")
    (outcome,) = await by_sip(server, line("refuses"), transport="tcp")
    assert (outcome.status, outcome.sip_status, outcome.reason) == (LineStatus.ERROR, 489, "489 Bad Event")


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_phone_may_want_the_line_s_own_password_after_the_proxy_s(server: Pbx, transport: str) -> None:
    """407 by the proxy, then 401 by the phone: each gets its own credentials, in one conversation."""
    server.phone(f"asks-{transport}", says="challenges.xml")
    (outcome,) = await by_sip(server, line(f"asks-{transport}"), transport=transport)
    assert (outcome.status, outcome.sip_status) == (LineStatus.DELIVERED, 200), outcome


async def test_a_wrong_password_of_the_line_is_the_phone_s_refusal(server: Pbx) -> None:
    server.phone("asks-wrong", says="challenges.xml")
    (outcome,) = await by_sip(server, line("asks-wrong", password="something else"))
    assert (outcome.status, outcome.sip_status, outcome.reason) == (LineStatus.ERROR, 403, "403 Forbidden")


async def test_wrong_credentials_of_ours_are_blamed_on_the_way_not_on_the_phone(server: Pbx) -> None:
    phone = server.phone("innocent")
    (outcome,) = await by_sip(server, line("innocent"), password="wrong")
    assert (outcome.status, outcome.sip_status) == (LineStatus.ERROR, 407)
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: 407")
    assert phone.seen() == 0


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_proxy_that_is_down_is_named(tmp_path: Path, transport: str) -> None:
    with pbx(tmp_path) as server:
        server.stop()
        (outcome,) = await by_sip(server, line("anybody"), transport=transport)
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: 127.0.0.1:")
    assert "nothing listens" in outcome.reason


async def test_a_proxy_that_restarts_is_found_again(tmp_path: Path) -> None:
    """The connection of yesterday is dead; the next check-sync must not be the one that finds out."""
    port = free_port()
    with pbx(tmp_path, SIP_PORT=str(port)) as first:
        async with backend(ca=first.ca, **PROVISIONER) as notifier:
            (before,) = await notifier.notify([line("nobody")], route(first, "tcp"), 60)
            first.stop()
            with pbx(tmp_path, SIP_PORT=str(port)) as second:
                (after,) = await notifier.notify([line("nobody")], route(second, "tcp"), 60)
    assert before.sip_status == after.sip_status == 404


async def test_a_certificate_nobody_vouches_for_is_refused(server: Pbx) -> None:
    phone = server.phone("cautious")
    async with backend(**PROVISIONER) as notifier:
        (outcome,) = await notifier.notify([line("cautious")], route(server, "tls"), 60)
    assert outcome.reason is not None
    assert "its certificate is not accepted" in outcome.reason
    assert phone.seen() == 0


async def test_a_slow_phone_is_waited_for(server: Pbx) -> None:
    server.phone("slow", says="answers-late.xml")
    started = time.monotonic()
    (outcome,) = await by_sip(server, line("slow"))
    assert outcome.status is LineStatus.DELIVERED
    assert time.monotonic() - started > 1


async def test_twelve_lines_take_as_long_as_the_slowest(server: Pbx) -> None:
    """One dead line among twelve costs the call its six seconds once, and the other eleven nothing."""
    users = [f"twelve-{number}" for number in range(1, 13)]
    phones = [server.phone(user, "tcp" if number % 2 else "udp") for number, user in enumerate(users)]
    phones[0].kill()
    started = time.monotonic()

    outcomes = await by_sip(server, *(line(user, number) for number, user in enumerate(users, 1)))

    assert time.monotonic() - started < 60, "not six seconds for each of the twelve"
    assert [outcome.line_number for outcome in outcomes] == list(range(1, 13))
    assert [outcome.status for outcome in outcomes] == [LineStatus.UNREACHABLE] + [LineStatus.DELIVERED] * 11


async def test_by_sip_every_device_of_the_user_reloads_and_the_answer_admits_it(server: Pbx) -> None:
    ours = server.phone("both", agent=f"Phone/1.0 {MAC.bare}")
    theirs = server.phone("both", agent=f"Phone/1.0 {OTHER_MAC.bare}")
    (outcome,) = await by_sip(server, line("both"))
    assert (outcome.status, outcome.targeted) == (LineStatus.DELIVERED, False)
    wait_until(lambda: ours.seen() == theirs.seen() == 1, "both phones notified")


async def test_by_kamailio_only_this_device_reloads(server: Pbx) -> None:
    theirs = server.phone("shared", agent=f"Phone/1.0 {OTHER_MAC.bare}")
    ours = server.phone("shared", "tcp", agent=f"Phone/1.0 {MAC.bare}")

    (outcome,) = await by_kamailio(server, line("shared"))

    assert outcome == LineOutcome(1, LineStatus.DELIVERED, 200, None, targeted=True)
    wait_until(lambda: ours.seen() == 1, "our phone notified")
    await asyncio.sleep(0.3)
    assert (ours.seen(), theirs.seen()) == (1, 0)


async def test_by_kamailio_a_phone_behind_nat_is_reached_where_it_really_is(server: Pbx) -> None:
    """Its Contact says 10.9.9.9, which leads nowhere; its REGISTER came from elsewhere."""
    phone = server.phone("nat", contact="10.9.9.9:5060")
    (outcome,) = await by_kamailio(server, line("nat", source_address="127.0.0.1"))
    assert (outcome.status, outcome.targeted) == (LineStatus.DELIVERED, True)
    assert phone.seen() == 1


async def test_by_kamailio_each_failure_reads_as_by_sip(server: Pbx) -> None:
    server.phone("rpc-dead").kill()
    server.phone("rpc-refuses", says="489 Bad Event")
    server.phone("rpc-other", agent=f"Phone/1.0 {OTHER_MAC.bare}")
    server.phone("rpc-asks", says="challenges.xml")

    dead, refuses, nobody, other, asks = await by_kamailio(
        server,
        line("rpc-dead", 1),
        line("rpc-refuses", 2),
        line("rpc-nobody", 3),
        line("rpc-other", 4),
        line("rpc-asks", 5),
    )

    assert (dead.status, dead.sip_status) == (LineStatus.UNREACHABLE, 408)
    assert (refuses.status, refuses.sip_status) == (LineStatus.ERROR, 489)
    assert (nobody.status, nobody.reason) == (LineStatus.NOT_REGISTERED, "rpc-nobody@pbx.test is registered nowhere")
    assert (other.status, other.targeted) == (LineStatus.NOT_REGISTERED, True)
    assert other.reason is not None
    assert "only from other devices" in other.reason
    assert (asks.status, asks.sip_status) == (LineStatus.DELIVERED, 200), asks


async def test_kamailio_tells_who_is_registered(server: Pbx) -> None:
    server.phone("known", agent=f"Phone/1.0 {MAC.bare}")
    now = datetime.now(UTC)
    async with backend(backend="kamailio", kamailio={"url": server.rpc_url}) as notifier:
        found = await notifier.registrations([line("known", 1), line("unknown", 2)])
    assert found is not None
    assert not found[2].registered
    known = found[1]
    assert known.registered
    assert known.expires_at is not None
    assert known.last_registered_at is not None
    assert timedelta(seconds=1700) < known.expires_at - now < timedelta(seconds=1900)
    assert abs(known.last_registered_at - now) < timedelta(seconds=60)


async def test_kamailio_s_rpc_that_is_down_is_named(server: Pbx) -> None:
    async with backend(backend="kamailio", kamailio={"url": f"http://127.0.0.1:{free_port()}/RPC"}) as notifier:
        (outcome,) = await notifier.notify([line("anybody")], Route(), 60)
        assert await notifier.registrations([line("anybody")]) is None
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: http://127.0.0.1:")


async def test_domains_that_kamailio_keeps_apart_stay_apart(tmp_path: Path) -> None:
    with pbx(tmp_path, USE_DOMAIN="1", NOT_REGISTERED="480") as server:
        server.phone("1001")
        here, elsewhere = await by_kamailio(server, line("1001"), line("1001", 2, domain="other.test"))
        (by_proxy,) = await by_sip(server, line("1002"))
    assert here.status is LineStatus.DELIVERED
    assert elsewhere.status is LineStatus.NOT_REGISTERED
    assert (by_proxy.status, by_proxy.sip_status) == (LineStatus.NOT_REGISTERED, 480)
