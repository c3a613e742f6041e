"""FreeSWITCH's event socket, byte by byte as mod_event_socket and mod_sofia write it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from provserver.checksync.eventsocket import EventSocket
from provserver.checksync.freeswitch import FreeswitchNotifier
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route
from tests.checksync.lines import MAC, OTHER_MAC, line
from tests.checksync.scripted import Hears, Says, Scripted, Step, scripted

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AUTH: list[Step] = [
    Says("Content-Type: auth/request\n\n"),
    Hears("auth ClueCon\n\n"),
    Says("Content-Type: command/reply\nReply-Text: +OK accepted\n\n"),
]


def registration(mac: str = MAC.bare, ping: str = "Reachable", call_id: str = "7f3@192.0.2.8") -> str:
    return (
        f"Call-ID:    \t{call_id}\n"
        "User:       \t1001@pbx.test\n"
        'Contact:    \t"1001" <sip:1001@192.0.2.8:5060;fs_nat=yes>\n'
        f"Agent:      \tPhone/1.0 {mac}\n"
        "Status:     \tRegistered(UDP-NAT)(unknown) EXP(2026-11-22 12:10:00) EXPSECS(600)\n"
        f"Ping-Status:\t{ping}\n"
        "Ping-Time:\t0.00\n"
        "Host:       \tfs1\n"
        "IP:         \t192.0.2.8\n"
        "Port:       \t5060\n"
        "Auth-User:  \t1001\n"
        "Auth-Realm: \tpbx.test\n"
        "MWI-Account:\t1001@pbx.test\n\n"
    )


def asked(text: str) -> list[Step]:
    return [
        Hears("api sofia status profile internal user 1001@pbx.test\n\n"),
        Says(f"Content-Type: api/response\nContent-Length: {len(text.encode())}\n\n{text}"),
    ]


def lists(*registrations: str) -> list[Step]:
    rule = "=" * 97
    total = f"Total items returned: {len(registrations)}\n"
    return asked(f"\nRegistrations:\n{rule}\n{''.join(registrations)}{total}{rule}\n")


def notifies(call_id: str = "7f3@192.0.2.8", reply: str = "+OK 4d0c2b") -> list[Step]:
    return [
        Hears(
            "sendevent NOTIFY\nprofile: internal\ncontent-type: application/simple-message-summary\n"
            f"event-string: check-sync;reboot=false\nuser: 1001\nhost: pbx.test\ncall-id: {call_id}\n\n"
        ),
        Says(f"Content-Type: command/reply\nReply-Text: {reply}\n\n"),
    ]


def at(server: Scripted) -> FreeswitchNotifier:
    return FreeswitchNotifier(lambda: EventSocket.open("127.0.0.1", server.port, "ClueCon"), "internal", lambda: NOW)


async def outcome_of(*script: Step) -> LineOutcome:
    async with scripted([*AUTH, *script]) as server:
        (outcome,) = await at(server).notify([line()], Route(), 60)
    return outcome


async def test_only_this_device_s_registration_is_notified() -> None:
    outcome = await outcome_of(*lists(registration(OTHER_MAC.bare, call_id="theirs"), registration()), *notifies())
    said = "sent; FreeSWITCH does not tell what the phone answered"
    assert outcome == LineOutcome(1, LineStatus.DELIVERED, None, said, targeted=True)


@pytest.mark.parametrize(
    ("script", "status", "reason"),
    [
        (lists(), LineStatus.NOT_REGISTERED, "1001@pbx.test is registered nowhere"),
        (lists(registration(OTHER_MAC.bare)), LineStatus.NOT_REGISTERED, "only from other devices"),
        (lists(registration(ping="Unreachable")), LineStatus.UNREACHABLE, "does not answer FreeSWITCH's pings"),
        (asked("Invalid Profile!\n"), LineStatus.ERROR, "proxy: FreeSWITCH: Invalid Profile!"),
        (
            [*lists(registration()), *notifies(reply="-ERR no")],
            LineStatus.ERROR,
            "proxy: FreeSWITCH answers the NOTIFY",
        ),
    ],
)
async def test_what_the_operator_reads(script: Sequence[Step], status: LineStatus, reason: str) -> None:
    outcome = await outcome_of(*script)
    assert outcome.status is status
    assert outcome.reason is not None
    assert reason in outcome.reason


async def test_a_body_goes_along_with_its_length() -> None:
    script = [
        *lists(registration()),
        Hears(
            "sendevent NOTIFY\nprofile: internal\ncontent-type: text/plain\nevent-string: service-control\nuser: 1001\n"
            "host: pbx.test\ncall-id: 7f3@192.0.2.8\ncontent-length: 14\n\naction=restart"
        ),
        Says("Content-Type: command/reply\nReply-Text: +OK 1\n\n"),
    ]
    target = line(event="service-control", body="action=restart", content_type="text/plain")
    async with scripted([*AUTH, *script]) as server:
        (outcome,) = await at(server).notify([target], Route(), 60)
    assert outcome.status is LineStatus.DELIVERED


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([*AUTH[:2], Says("Content-Type: command/reply\nReply-Text: -ERR invalid\n\n")], "refuses the password"),
        (
            [Says("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")],
            "Access Denied, go away.",
        ),
        ([Says("Content-Type: auth")], "it closed the connection"),
        ([*AUTH, *lists()[:1]], "it closed the connection"),
    ],
)
async def test_trouble_on_the_connection_is_named(script: Sequence[Step], reason: str) -> None:
    async with scripted(script) as server:
        (outcome,) = await at(server).notify([line()], Route(), 60)
        assert await at(server).registrations([line()]) is None
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: FreeSWITCH's event socket at 127.0.0.1:")
    assert reason in outcome.reason
    assert "ClueCon" not in outcome.reason


@pytest.mark.parametrize("username", ["1001 1002", "1001\n\nexit"])
async def test_a_user_name_cannot_smuggle_in_a_command(username: str) -> None:
    async with scripted(AUTH) as server:
        (outcome,) = await at(server).notify([line(username=username)], Route(), 60)
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason == "a blank cannot stand in a user name that FreeSWITCH is asked for"


async def test_registration_state() -> None:
    async with scripted([*AUTH, *lists(registration())]) as server:
        found = await at(server).registrations([line(1)])
    contact = '"1001" <sip:1001@192.0.2.8:5060;fs_nat=yes>'
    assert found == {
        1: Registration(registered=True, expires_at=NOW + timedelta(seconds=600), contact=contact),
    }
