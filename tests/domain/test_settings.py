"""The vocabulary is a promise: what it accepts today must keep its meaning, and what no phone can take is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.defaults import GLOBAL_DEFAULTS
from provserver.domain.errors import Invalid
from provserver.domain.vocabulary import SETTINGS, check_abstractions, nest

PUBLISHED = [
    "audio.codecs",
    "audio.echo_cancellation",
    "audio.vad_enabled",
    "audio.jitter_buffer.mode",
    "audio.jitter_buffer.min_ms",
    "audio.jitter_buffer.max_ms",
    "display.time_format",
    "display.date_format",
    "display.backlight_level",
    "display.backlight_timeout",
    "regional.timezone",
    "regional.language",
    "regional.tone_scheme",
    "network.vlan_id",
    "network.qos_dscp_sip",
    "network.qos_dscp_rtp",
    "network.rtcp_enabled",
    "network.ntp_server",
    "network.syslog_server",
    "features.dnd_enabled",
    "features.call_waiting_enabled",
    "features.call_forward_enabled",
    "features.auto_answer_enabled",
    "features.srtp_enabled",
    "sip.domain",
    "sip.server",
    "sip.port",
    "sip.transport",
    "sip.outbound_proxy",
    "sip.backup_server",
    "sip.register_expires",
]


@pytest.mark.parametrize("path", PUBLISHED)
def test_a_published_name_stays(path: str) -> None:
    """Client libraries send these names; a renamed one would be refused."""
    assert path in SETTINGS


def test_the_global_defaults_are_themselves_valid() -> None:
    check_abstractions(GLOBAL_DEFAULTS)


ACCEPTED: list[tuple[str, list[Any]]] = [
    ("sip.port", [1, 5060, 65535]),
    ("sip.transport", ["udp", "tcp", "tls"]),
    ("sip.srtp_mode", ["off", "optional", "mandatory"]),
    ("sip.outbound_proxy", ["proxy.example.com", "proxy.example.com:5070", "[2001:db8::1]:5060"]),
    ("sip.register_expires", [30, 604800]),
    ("audio.codecs", [["PCMU"], ["OPUS", "G722", "PCMA"]]),
    ("display.time_format", ["12h", "24h"]),
    ("display.date_format", ["M/D/Y", "D/M/Y", "Y-M-D"]),
    ("display.backlight_level", ["low", "medium", "high"]),
    ("regional.timezone", ["Europe/Berlin", "Etc/UTC", "America/Argentina/Buenos_Aires"]),
    ("regional.tone_scheme", ["DE", "GB"]),
    ("network.vlan_id", [0, 4094]),
    ("network.qos_dscp_sip", [0, 63]),
    ("forward.busy.target", ["+4930123", "*21#", "user@example.com", "a.b_c-d"]),
    ("access.admin_password", ["&<>\"';%#$\\ü漢"]),
    ("dialing.dial_plan", ["|^0([0-9]+)$|sip:\\1@d|d", "x" * 2000]),
    ("features.dnd_enabled", [True, False]),
]
REFUSED: list[tuple[str, list[Any]]] = [
    ("sip.port", [0, 65536, "5060", 5060.0, True]),
    ("sip.transport", ["UDP", "sctp", ""]),
    ("sip.srtp_mode", [True, "on"]),
    ("sip.outbound_proxy", ["proxy:0", "a:b", "sip:proxy", "[example.com]:5060", ""]),
    ("sip.domain", ["", "a b", "x" * 254, "fe80::1%\n", "example.com:5060"]),
    ("sip.register_expires", [29, 604801]),
    ("audio.codecs", [[], "PCMU", ["pcmu"], ["PCMU"] * 12, [1], {"0": "PCMU"}]),
    ("audio.ring_volume", [-1, 101]),
    ("display.date_format", ["DD.MM.YYYY"]),
    ("regional.timezone", ["Berlin", "UTC+1", 1]),
    ("regional.language", ["german", "en_US"]),
    ("regional.tone_scheme", ["ZZ", "DEU", "D"]),
    ("network.vlan_id", [-1, 4095]),
    ("network.qos_dscp_sip", [64]),
    ("forward.busy.target", ["", "a b", "1;2", "1\n", "<1>", "x" * 65]),
    ("access.admin_password", ["", " a", "a\x00b", "a\nb", "a\u2028b", "x" * 256]),
    ("provisioning.url", ["example.com", "file:///x", "https://", "https://a/" + "x" * 2000]),
    ("dialing.dial_plan", ["x" * 2001, "a\tb"]),
    ("features.dnd_enabled", ["true", 1, 0]),
]


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in ACCEPTED for value in values])
def test_good_values_are_accepted(path: str, value: Any) -> None:
    check_abstractions(nest({path: value}))


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in REFUSED for value in values])
def test_bad_values_are_refused_with_their_whole_path(path: str, value: Any) -> None:
    """Accepted, they would only show as a phone that does not work."""
    with pytest.raises(Invalid) as failure:
        check_abstractions(nest({path: value}), "overrides.abstractions")
    assert all(name.startswith(f"overrides.abstractions.{path}") for name in failure.value.details)
    assert all(failure.value.details.values())


@given(st.sampled_from(sorted(SETTINGS)), st.none())
def test_any_setting_may_be_absent_or_null(path: str, nothing: None) -> None:
    check_abstractions(nest({path: nothing}))


@given(st.sampled_from(sorted(SETTINGS)), st.text(max_size=20))
def test_no_text_that_cannot_be_printed_gets_into_any_setting(path: str, text: str) -> None:
    try:
        check_abstractions(nest({path: text}))
    except Invalid:
        return
    assert text.isprintable()
