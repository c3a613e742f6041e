"""Asterisk's manager interface, byte by byte as version 22 speaks it."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
import trustme

from provserver.checksync.ami import Manager
from provserver.checksync.asterisk import AsteriskNotifier
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route
from tests.checksync.lines import MAC, OTHER_MAC, line
from tests.checksync.scripted import Hears, Says, Scripted, Silent, Step, scripted

LOGIN: list[Step] = [
    Says("Asterisk Call Manager/11.0.0\r\n"),
    Hears("Action: Login\r\nActionID: 1\r\nUsername: prov\r\nSecret: s3cret\r\nEvents: off\r\n\r\n"),
    Says("Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"),
]
SENT = "sent; Asterisk does not tell what the phone answered"


def contact(mac: str = MAC.bare, status: str = "Reachable", uri: str = "sip:1001@192.0.2.8:5060") -> str:
    return (
        "Event: ContactStatusDetail\r\nActionID: {id}\r\nAOR: 1001\r\n"
        f"URI: {uri}\r\nUserAgent: Phone/1.0 {mac}\r\nRegExpire: 1795349400\r\nViaAddress: 192.0.2.8:5060\r\n"
        f"CallID: abc@192.0.2.8\r\nStatus: {status}\r\nRoundtripUsec: N/A\r\nEndpointName: 1001\r\n\r\n"
    )


def endpoint(number: int, *contacts: str, name: str = "1001") -> list[Step]:
    listed = (
        f"Response: Success\r\nActionID: {number}\r\nEventList: start\r\n"
        "Message: Following are Events for each object associated with the Endpoint\r\n\r\n"
        f"Event: EndpointDetail\r\nActionID: {number}\r\nObjectName: {name}\r\nAuth: \r\n\r\n"
        + "".join(text.format(id=number) for text in contacts)
        + f"Event: EndpointDetailComplete\r\nActionID: {number}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"
    )
    return [Hears(f"Action: PJSIPShowEndpoint\r\nActionID: {number}\r\nEndpoint: {name}\r\n\r\n"), Says(listed)]


def unknown(number: int, name: str) -> list[Step]:
    return [
        Hears(f"Action: PJSIPShowEndpoint\r\nActionID: {number}\r\nEndpoint: {name}\r\n\r\n"),
        Says(f"Response: Error\r\nActionID: {number}\r\nMessage: Unable to retrieve endpoint {name}\r\n\r\n"),
    ]


def notifies(number: int, place: str) -> list[Step]:
    return [
        Hears(
            f"Action: PJSIPNotify\r\nActionID: {number}\r\n{place}\r\nVariable: Event=check-sync;reboot=false\r\n\r\n"
        ),
        Says(f"Response: Success\r\nActionID: {number}\r\nMessage: NOTIFY sent\r\n\r\n"),
    ]


def at(server: Scripted, tls: ssl.SSLContext | None = None) -> AsteriskNotifier:
    return AsteriskNotifier(lambda: Manager.open("localhost", server.port, "prov", "s3cret", tls))


async def outcome_of(*script: Step) -> LineOutcome:
    async with scripted([*LOGIN, *script]) as server:
        (outcome,) = await at(server).notify([line()], Route(), 60)
    return outcome


async def test_the_only_contact_is_notified_by_its_endpoint() -> None:
    outcome = await outcome_of(*endpoint(2, contact()), *notifies(3, "Endpoint: 1001"))
    assert outcome == LineOutcome(1, LineStatus.DELIVERED, None, SENT, targeted=True)


async def test_one_contact_of_several_is_notified_by_its_uri_where_asterisk_can() -> None:
    outcome = await outcome_of(
        *endpoint(2, contact(OTHER_MAC.bare, uri="sip:1001@192.0.2.9"), contact()),
        *endpoint(3, name="default_outbound_endpoint"),
        *notifies(4, "URI: sip:1001@192.0.2.8:5060"),
    )
    assert (outcome.status, outcome.targeted) == (LineStatus.DELIVERED, True)


async def test_where_asterisk_cannot_aim_all_devices_reload_and_the_answer_admits_it() -> None:
    """`PJSIPNotify` with a URI claims success even where Asterisk then sends nothing."""
    outcome = await outcome_of(
        *endpoint(2, contact(OTHER_MAC.bare), contact()),
        *unknown(3, "default_outbound_endpoint"),
        *notifies(4, "Endpoint: 1001"),
    )
    assert (outcome.status, outcome.targeted) == (LineStatus.DELIVERED, False)


@pytest.mark.parametrize(
    ("script", "status", "reason"),
    [
        (endpoint(2), LineStatus.NOT_REGISTERED, "1001 is registered nowhere"),
        (endpoint(2, contact(OTHER_MAC.bare)), LineStatus.NOT_REGISTERED, "1001 is registered only from other devices"),
        (endpoint(2, contact(status="Unreachable")), LineStatus.UNREACHABLE, "does not answer Asterisk's OPTIONS"),
        (unknown(2, "1001"), LineStatus.ERROR, "proxy: Asterisk: Unable to retrieve endpoint 1001"),
    ],
)
async def test_nothing_is_sent_in_vain(script: Sequence[Step], status: LineStatus, reason: str) -> None:
    outcome = await outcome_of(*script)
    assert (outcome.status, outcome.reason) == (status, reason)


async def test_a_contact_that_is_never_asked_for_is_notified_with_a_warning() -> None:
    outcome = await outcome_of(*endpoint(2, contact(status="NonQualified")), *notifies(3, "Endpoint: 1001"))
    assert outcome.status is LineStatus.DELIVERED
    assert outcome.reason == f"{SENT}, nor whether it is there (qualify_frequency is 0)"


async def test_a_body_goes_along() -> None:
    script = [
        *endpoint(2, contact()),
        Hears(
            "Action: PJSIPNotify\r\nActionID: 3\r\nEndpoint: 1001\r\nVariable: Event=service-control\r\n"
            "Variable: Content-Type=text/plain\r\nVariable: Content=action=restart\r\n\r\n"
        ),
        Says("Response: Success\r\nActionID: 3\r\nMessage: NOTIFY sent\r\n\r\n"),
    ]
    target = line(event="service-control", body="action=restart", content_type="text/plain")
    async with scripted([*LOGIN, *script]) as server:
        (outcome,) = await at(server).notify([target], Route(), 60)
    assert outcome.status is LineStatus.DELIVERED


async def test_a_refused_login_is_the_same_for_all_lines_and_keeps_the_secret() -> None:
    refuses = [*LOGIN[:2], Says("Response: Error\r\nActionID: 1\r\nMessage: Authentication failed\r\n\r\n")]
    async with scripted(refuses) as server:
        outcomes = await at(server).notify([line(1), line(2)], Route(), 60)
        assert await at(server).registrations([line(1)]) is None
    assert [outcome.line_number for outcome in outcomes] == [1, 2]
    for outcome in outcomes:
        assert outcome.status is LineStatus.ERROR
        assert outcome.reason is not None
        assert outcome.reason.startswith("proxy: ")
        assert outcome.reason.endswith("refuses the login: Authentication failed")
        assert "s3cret" not in outcome.reason


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([Says("SSH-2.0-OpenSSH_9\r\n")], "it does not speak AMI"),
        ([Says("Asterisk Call")], "it closed the connection"),
        ([*LOGIN, *endpoint(2)[:1]], "it closed the connection"),
    ],
)
async def test_trouble_on_the_connection_is_named(script: Sequence[Step], reason: str) -> None:
    async with scripted(script) as server:
        (outcome,) = await at(server).notify([line()], Route(), 60)
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: Asterisk's AMI at localhost:")
    assert reason in outcome.reason


async def test_a_silent_asterisk_does_not_outlast_the_deadline() -> None:
    async with scripted([*LOGIN, *endpoint(2)[:1], Silent(60)]) as server:
        outcomes = await at(server).notify([line(1), line(2)], Route(), 60)
    for outcome in outcomes:
        assert outcome.status is LineStatus.ERROR
        assert outcome.reason == "proxy: asking Asterisk for the line's contacts took longer than 60 s"


async def test_a_user_name_cannot_smuggle_in_an_action() -> None:
    async with scripted(LOGIN) as server:
        (outcome,) = await at(server).notify([line(username="1001\r\nAction: Logoff")], Route(), 60)
    assert (outcome.status, outcome.reason) == (LineStatus.ERROR, "a line break cannot stand in an AMI action")


async def test_over_tls_the_server_must_be_who_it_says() -> None:
    ca = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(serving)
    knowing = ssl.create_default_context()
    ca.configure_trust(knowing)
    script = [*LOGIN, *endpoint(2, contact()), *notifies(3, "Endpoint: 1001")]
    async with scripted(script, tls=serving) as server:
        (good,) = await at(server, knowing).notify([line()], Route(), 60)
        (bad,) = await at(server, ssl.create_default_context()).notify([line()], Route(), 60)
    assert good.status is LineStatus.DELIVERED
    assert bad.reason is not None
    assert "certificate is not accepted" in bad.reason


async def test_registration_state() -> None:
    async with scripted([*LOGIN, *endpoint(2, contact())]) as server:
        found = await at(server).registrations([line(1)])
    expires = datetime.fromtimestamp(1795349400, UTC)
    assert found == {1: Registration(registered=True, expires_at=expires, contact="sip:1001@192.0.2.8:5060")}
