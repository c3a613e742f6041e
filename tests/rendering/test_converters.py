from typing import Any

import pytest

from provserver.domain.mac import Mac
from provserver.rendering.converters import CONVERTERS, Inexpressible, Scope

PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def _convert(
    name: str,
    value: Any,
    arguments: dict[str, Any] | None = None,
    *,
    settings: dict[str, Any] | None = None,
    line: dict[str, Any] | None = None,
) -> str | None:
    scope = Scope(settings or {}, line or {}, Mac("805ec0123456"), {})
    return CONVERTERS[name](value, scope, arguments or {})


def _hop(kind: str, rank: int, part: str, domain: str, server: str, **settings: Any) -> str | None:
    arguments = {"kind": kind, "rank": rank, "part": part, "on": "1", "off": "0", **PORTS}
    named = {f"sip.{name}": value for name, value in settings.items()}
    return _convert("hop", server, arguments, settings=named, line={"line.domain": domain, "line.server": server})


@pytest.mark.parametrize(
    ("zone", "pad", "offset"), [("Asia/Kolkata", True, "+05:30"), ("Asia/Kolkata", False, "+5:30")]
)
def test_half_hours_of_an_offset_are_padded_unless_the_vendor_says_no(zone: str, pad: bool, offset: str) -> None:
    assert _convert("utc_offset", zone, {"pad": pad}) == offset


def test_a_poll_is_never_spread_beyond_the_longest_interval_that_phones_take() -> None:
    assert _convert("spread", 2592000, {"unit": "min", "most": 43200}) == "43200"


@pytest.mark.parametrize(("value", "switched"), [(7, "yes"), ("text", "yes"), (True, "yes"), (0, "no"), (False, "no")])
def test_a_switch_is_on_where_there_is_something_to_switch_on(value: Any, switched: str) -> None:
    assert _convert("switch", value, {"on": "yes", "off": "no"}) == switched


def test_zero_leaves_a_parameter_out_that_another_one_switches_off() -> None:
    assert (_convert("nonzero", 0), _convert("nonzero", 20)) == (None, "20")


def test_a_number_outside_what_phones_take_is_named_instead_of_written() -> None:
    assert _convert("within", 14, {"low": 1, "high": 14}) == "14"
    with pytest.raises(Inexpressible, match="1 to 14, not 15"):
        _convert("within", 15, {"low": 1, "high": 14})


@pytest.mark.parametrize(("value", "step"), [(0, "always"), (1, "15"), (15, "15"), (16, "60"), (9999, "60")])
def test_a_time_becomes_the_next_step_that_phones_know(value: int, step: str) -> None:
    assert _convert("steps", value, {"of": [15, 60], "zero": "always"}) == step


def test_zero_without_a_spelling_cannot_be_expressed_in_steps() -> None:
    with pytest.raises(Inexpressible, match="switch it off"):
        _convert("steps", 0, {"of": [15, 60]})


def test_a_firmware_is_named_only_where_its_policy_lets_the_phone_install_it() -> None:
    arguments = {"setting": "firmware.policy", "among": ["automatic"], "without": ["never"]}
    assert _convert("if_setting", "url", arguments, settings={"firmware.policy": "automatic"}) == "url"
    assert _convert("if_setting", "url", arguments, settings={"firmware.policy": "never"}) is None
    with pytest.raises(Inexpressible, match="ask"):
        _convert("if_setting", "url", arguments, settings={"firmware.policy": "ask"})


def test_a_files_name_is_read_from_its_url_without_query_and_escapes() -> None:
    url = "https://media.example.com/a/Our%20Bell.wav?v=2#x"
    assert _convert("url_name", url, {"before": "Config:"}) == "Config:Our Bell.wav"
    assert _convert("url_name", "https://media.example.com/a/") is None


@pytest.mark.parametrize("end", ["a%0Ab.wav", "%20bell.wav"])
def test_a_files_name_that_would_break_a_line_is_never_written(end: str) -> None:
    with pytest.raises(Inexpressible):
        _convert("url_name", f"https://media.example.com/{end}")


def test_a_server_that_is_the_domain_is_the_registrar_and_there_is_no_proxy() -> None:
    same = ("pbx.example.com", "pbx.example.com")
    assert _hop("registrar", 1, "host", *same, transport="tls") == "pbx.example.com"
    assert _hop("registrar", 1, "port", *same, transport="tls") == "5061"
    assert _hop("registrar", 1, "port", *same, port=5080) == "5080"
    assert _hop("registrar", 2, "host", *same) is None
    assert _hop("proxy", 1, "switch", *same) == "0"
    assert _hop("proxy", 1, "port", *same) is None


def test_a_server_of_another_name_stands_as_proxy_before_the_domain_with_its_backup() -> None:
    other = ("tenant.example.com", "sbc1.example.net")
    settings: dict[str, Any] = {"port": 5071, "backup_server": "sbc2.example.net"}
    assert _hop("registrar", 1, "host", *other, **settings) == "tenant.example.com"
    assert _hop("registrar", 2, "host", *other, **settings) is None
    assert _hop("proxy", 1, "switch", *other, **settings) == "1"
    assert [_hop("proxy", rank, "host", *other, **settings) for rank in (1, 2)] == [other[1], "sbc2.example.net"]
    assert [_hop("proxy", rank, "port", *other, **settings) for rank in (1, 2)] == ["5071", "5071"]


def test_an_outbound_proxy_goes_first_and_the_backup_stays_a_registrar() -> None:
    same = ("pbx.example.com", "pbx.example.com")
    settings = {"outbound_proxy": "edge.example.com:5070", "backup_server": "second.example.com:5072"}
    assert _hop("proxy", 1, "host", *same, **settings) == "edge.example.com"
    assert _hop("proxy", 1, "port", *same, **settings) == "5070"
    assert _hop("registrar", 2, "host", *same, **settings) == "second.example.com"
    assert _hop("registrar", 2, "port", *same, **settings) == "5072"
