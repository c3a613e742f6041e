from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.mac import Mac
from provserver.domain.texts import timezones
from provserver.rendering.converters import CONVERTERS, Inexpressible, Scope
from tests.rendering.workshop import AT

PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def _convert(
    name: str,
    value: Any,
    arguments: dict[str, Any] | None = None,
    *,
    settings: dict[str, Any] | None = None,
    line: dict[str, Any] | None = None,
) -> str | None:
    scope = Scope(settings or {}, line or {}, Mac("805ec0123456"), {}, AT)
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
    assert _convert("spread", 300, {"unit": "min", "least": 60}) == "60"


@pytest.mark.parametrize(("value", "switched"), [(7, "yes"), ("text", "yes"), (True, "yes"), (0, "no"), (False, "no")])
def test_a_switch_is_on_where_there_is_something_to_switch_on(value: Any, switched: str) -> None:
    assert _convert("switch", value, {"on": "yes", "off": "no"}) == switched


def test_zero_leaves_a_parameter_out_that_another_one_switches_off() -> None:
    assert (_convert("nonzero", 0), _convert("nonzero", 20)) == (None, "20")


def test_a_number_outside_what_phones_take_is_named_instead_of_written() -> None:
    assert _convert("within", 14, {"low": 1, "high": 14}) == "14"
    assert _convert("within", 0, {"low": 10, "high": 160, "zero": "20"}) == "20"
    with pytest.raises(Inexpressible, match="1 to 14, not 15"):
        _convert("within", 15, {"low": 1, "high": 14})


@pytest.mark.parametrize(("value", "step"), [(0, "always"), (1, "15"), (15, "15"), (16, "60"), (9999, "60")])
def test_a_time_becomes_the_next_step_that_phones_know(value: int, step: str) -> None:
    assert _convert("steps", value, {"of": [15, 60], "zero": "always"}) == step


def test_a_step_is_spelled_as_the_phones_know_it() -> None:
    spelled = {"of": [60, 300], "spelled": ["1", "5"], "zero": "0"}
    assert [_convert("steps", value, spelled) for value in (0, 60, 61, 999)] == ["0", "1", "5", "5"]


def test_zero_without_a_spelling_cannot_be_expressed_in_steps() -> None:
    with pytest.raises(Inexpressible, match="switch it off"):
        _convert("steps", 0, {"of": [15, 60]})


def test_a_firmware_is_named_only_where_its_policy_lets_the_phone_install_it() -> None:
    arguments = {"setting": "firmware.policy", "among": ["automatic"], "without": ["never"]}
    assert _convert("if_setting", "url", arguments, settings={"firmware.policy": "automatic"}) == "url"
    assert _convert("if_setting", "url", arguments, settings={"firmware.policy": "never"}) is None
    with pytest.raises(Inexpressible, match="ask"):
        _convert("if_setting", "url", arguments, settings={"firmware.policy": "ask"})


def test_what_a_base_of_a_system_is_decides_as_a_setting_does() -> None:
    rule = {"setting": "cell.role", "among": ["secondary"], "without": ["data_master"]}
    assert _convert("if_setting", "7c2f80aabbcc", rule, line={"cell.role": "secondary"}) == "7c2f80aabbcc"
    assert _convert("if_setting", "7c2f80aabbcc", rule, line={"cell.role": "data_master"}) is None


def test_a_number_may_begin_elsewhere() -> None:
    assert _convert("add", 1, {"by": -1}) == "0"


@pytest.mark.parametrize(
    ("value", "arguments", "chosen"),
    [("4,1", {}, "4"), ("7", {}, "7"), ("", {}, None), ("", {"none": "%NULL%"}, "%NULL%")],
)
def test_the_first_of_a_list_is_taken_where_there_is_one(
    value: str, arguments: dict[str, str], chosen: str | None
) -> None:
    assert _convert("first", value, arguments) == chosen


def test_a_part_of_a_value_is_found_or_missed_aloud() -> None:
    pattern = {"pattern": r"-v([0-9]+(?:\.[0-9]+)+)"}
    assert _convert("extract", "https://fw.example.com/Base-V2.65.0-build.1.bin", pattern) == "2.65.0"
    with pytest.raises(Inexpressible, match="does not tell"):
        _convert("extract", "https://fw.example.com/latest.bin", pattern)


def test_servers_of_a_base_are_registrars_and_proxies_as_those_of_lines() -> None:
    arguments = {"kind": "proxy", "rank": 1, "part": "host"}
    server = {"server.domain": "pbx.example.com", "server.address": "edge.example.com"}
    assert _convert("hop", "edge.example.com", arguments, line=server) == "edge.example.com"
    assert _convert("hop", "pbx.example.com", {**arguments, "kind": "registrar"}, line=server) == "pbx.example.com"


def test_a_proxy_that_is_no_longer_there_can_be_emptied() -> None:
    server = {"server.domain": "pbx.example.com", "server.address": "pbx.example.com"}
    arguments = {"kind": "proxy", "rank": 1, "part": "host", "none": ""}
    assert _convert("hop", "pbx.example.com", arguments, line=server) == ""


def test_a_server_of_a_base_has_the_port_of_the_service_and_one_way_without_transport() -> None:
    server = {"server.domain": "pbx.example.com", "server.address": "pbx.example.com"}
    settings = {"sip.port": 5080, "sip.transport": "tls", "sip.backup_server": "b.example"}
    one_way = {"join": ",", "most": 1}
    assert _convert("registrar", "pbx.example.com", settings=settings, line=server) == "pbx.example.com:5080"
    assert _convert("route", "pbx.example.com", one_way, settings=settings, line=server) == "pbx.example.com:5080"
    elsewhere = {**server, "server.address": "edge.example.com"}
    assert _convert("registrar", "pbx.example.com", settings=settings, line=elsewhere) == "pbx.example.com"
    assert _convert("route", "edge.example.com", one_way, settings=settings, line=elsewhere) == "edge.example.com:5080"


def test_items_are_written_one_by_one_up_to_the_last() -> None:
    assert _convert("nth", ["PCMU", "PCMA"], {"position": 2}) == "PCMA"
    assert _convert("nth", ["PCMU"], {"position": 2}) is None
    assert _convert("nth", ["PCMU"], {"position": 2, "otherwise": "none"}) == "none"
    assert _convert("nth", "telephoneNumber mobile", {"position": 2}) == "mobile"


def test_items_without_a_spelling_leave_no_gap_between_the_others() -> None:
    scope = Scope({}, {}, Mac("805ec0123456"), {"codecs": {"G722": "g722", "PCMA": "g711a"}}, AT)
    wanted = ["G722", "OPUS", "PCMA"]
    told = [CONVERTERS["nth"](wanted, scope, {"position": at, "table": "codecs"}) for at in (1, 2, 3)]
    assert told == ["g722", "g711a", None]


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


def test_a_proxy_that_phones_have_no_place_for_is_told() -> None:
    other = ("tenant.example.com", "sbc1.example.net")
    assert _hop("proxy", 2, "untold", *other) is None
    with pytest.raises(Inexpressible, match=r"no place for sbc2\.example\.net:5071 beside the first proxy"):
        _hop("proxy", 2, "untold", *other, port=5071, backup_server="sbc2.example.net")


def test_an_outbound_proxy_goes_first_and_the_backup_stays_a_registrar() -> None:
    same = ("pbx.example.com", "pbx.example.com")
    settings = {"outbound_proxy": "edge.example.com:5070", "backup_server": "second.example.com:5072"}
    assert _hop("proxy", 1, "host", *same, **settings) == "edge.example.com"
    assert _hop("proxy", 1, "port", *same, **settings) == "5070"
    assert _hop("registrar", 2, "host", *same, **settings) == "second.example.com"
    assert _hop("registrar", 2, "port", *same, **settings) == "5072"


@pytest.mark.parametrize(
    ("domain", "address"), [("pbx.example.com", "o'neil"), ("tenant.example.com", "o'neil@tenant.example.com")]
)
def test_a_domain_that_is_not_the_server_stands_in_the_address_of_record(domain: str, address: str) -> None:
    line = {"line.domain": domain, "line.server": "pbx.example.com"}
    assert _convert("user_at_domain", "o'neil", line=line) == address


def test_an_address_of_record_has_its_domain_where_phones_want_it_whole() -> None:
    line = {"line.domain": "pbx.example.com", "line.server": "pbx.example.com"}
    assert _convert("user_at_domain", "101", {"always": True}, line=line) == "101@pbx.example.com"


def test_a_line_of_another_domain_is_told_where_all_lines_share_one() -> None:
    settings = {"sip.domain": "pbx.example.com"}
    assert _convert("shared_by_lines", "pbx.example.com", settings=settings) == "pbx.example.com"
    assert _convert("shared_by_lines", "tenant.example.com") == "tenant.example.com"
    with pytest.raises(Inexpressible, match="all lines of the phones"):
        _convert("shared_by_lines", "tenant.example.com", settings=settings)


def test_words_are_taken_in_turn_or_a_text_for_each_that_is_there() -> None:
    assert [_convert("nth", "cn sn", {"position": position}) for position in (1, 2, 3)] == ["cn", "sn", None]
    there = {"text": "first_name"}
    assert [_convert("nth", "cn sn", {"position": position, **there}) for position in (2, 3)] == ["first_name", None]


ZONES = {"codes": {"Europe/Berlin": "GER+1", "Africa/Nairobi": "EAT+3"}, "later": {"Asia/Jerusalem": "ISR+2"}}
CHANGE = "{month:02d}.{week:02d}.{day:02d} {hour:02d}:{minute:02d}:00"
RULE = {"text": "{seconds} {start} {end}", "change": CHANGE, "none": ""}


def _zone(name: str, zone: str, arguments: dict[str, Any]) -> str | None:
    return CONVERTERS[name](zone, Scope({}, {}, Mac("000413123456"), ZONES, AT), arguments)


@pytest.mark.parametrize(
    ("zone", "code"),
    [("Europe/Berlin", "GER+1"), ("Europe/Malta", "GER+1"), ("Asia/Jerusalem", "ISR+2"), ("Asia/Kathmandu", "none")],
)
def test_a_zone_has_its_own_code_or_that_of_equal_rules_or_the_word_for_no_code(zone: str, code: str) -> None:
    assert _zone("zone_code", zone, {"table": "codes", "more": "later", "otherwise": "none"}) == code


def test_a_zone_that_is_an_exception_keeps_its_name_or_has_the_code_of_one_with_that_offset() -> None:
    """Cuba in the winter of 2026/27: where the phones know the name their own table counts."""
    tables = {"codes": {"America/Havana": "CUB", "America/New_York": "USA", "America/Puerto_Rico": "PRI"}}
    scope = Scope({}, {}, Mac("000413123456"), tables, datetime(2026, 12, 1, tzinfo=UTC))
    codes = [CONVERTERS["zone_code"](zone, scope, {"table": "codes"}) for zone in ("America/Havana", "Cuba")]
    assert codes == ["CUB", "PRI"]


def test_a_zone_without_code_and_without_a_word_for_that_cannot_be_expressed() -> None:
    with pytest.raises(Inexpressible, match="Asia/Kathmandu"):
        _zone("zone_code", "Asia/Kathmandu", {"table": "codes"})


def test_offset_and_changes_are_told_only_of_zones_without_a_code() -> None:
    coded = {"unless_in": ["codes"]}
    assert _zone("utc_seconds", "Europe/Malta", coded) is None
    assert _zone("dst_rule", "Europe/Malta", {**RULE, **coded}) is None
    assert _zone("utc_seconds", "Asia/Kathmandu", coded) == "20700"
    assert _zone("dst_rule", "Asia/Kathmandu", {**RULE, **coded}) == ""
    assert _zone("utc_seconds", "America/Havana", coded) == "-18000"
    assert _zone("dst_rule", "America/Havana", {**RULE, **coded}) == "3600 03.02.07 00:00:00 11.01.07 01:00:00"


def test_clocks_that_change_after_midnight_of_the_named_day_are_not_told_wrongly() -> None:
    with pytest.raises(Inexpressible, match="Africa/Cairo"):
        _zone("dst_rule", "Africa/Cairo", RULE)


def test_irish_phones_are_an_hour_ahead_in_summer_not_behind_in_winter() -> None:
    """The database calls Irish winter the exception; a phone that is told so shows the wrong time all year."""
    assert _zone("dst_rule", "Europe/Dublin", RULE) == "3600 03.05.07 01:00:00 10.05.07 02:00:00"
    assert _zone("dst_minutes", "Europe/Dublin", {}) == "60"


@pytest.mark.parametrize(
    ("domain", "server", "settings", "registrar", "route"),
    [
        ("a.example", "a.example", {}, "a.example", "a.example"),
        ("a.example", "a.example", {"port": 5080, "transport": "tcp"}, "a.example:5080", "a.example:5080;tcp"),
        ("a.example", "s.example", {"port": 5080}, "a.example", "s.example:5080"),
        ("a.example", "a.example", {"port": 5080, "outbound_proxy": "p.example:7"}, "a.example:5080", "p.example:7"),
        ("a.example", "s.example", {"backup_server": "b.example"}, "a.example", "s.example,b.example"),
        ("2001:db8::1", "2001:db8::1", {"transport": "tls"}, "[2001:db8::1]", "[2001:db8::1];tls"),
    ],
)
def test_an_identity_registers_for_its_domain_and_sends_to_proxy_server_and_backup_in_turn(
    domain: str, server: str, settings: dict[str, Any], registrar: str, route: str
) -> None:
    named = {f"sip.{name}": value for name, value in settings.items()}
    line = {"line.domain": domain, "line.server": server}
    assert _convert("registrar", domain, settings=named, line=line) == registrar
    assert _convert("route", server, {"transport": ";", "join": ","}, settings=named, line=line) == route


def test_a_server_hidden_behind_a_proxy_is_named_as_not_told() -> None:
    line = {"line.domain": "a.example", "line.server": "s.example"}
    assert _convert("server_is_told", "s.example", line=line) is None
    with pytest.raises(Inexpressible, match="outbound proxy"):
        _convert("server_is_told", "s.example", settings={"sip.outbound_proxy": "p.example"}, line=line)


@pytest.mark.parametrize(("value", "when", "text"), [("any", None, "0"), (False, "false", "0"), (True, "false", None)])
def test_a_fixed_text_stands_for_every_value_or_for_the_one_it_is_meant_for(
    value: Any, when: str | None, text: str | None
) -> None:
    assert _convert("fixed", value, {"text": "0"} | ({"when": when} if when else {})) == text


def test_zero_is_spelled_in_its_own_way() -> None:
    assert (_convert("zero", 0, {"zero": "off"}), _convert("zero", 4, {"zero": "off"})) == ("off", "4")


@pytest.mark.parametrize(("value", "refused"), [(True, False), (False, True)])
def test_what_phones_do_anyway_needs_no_parameter_and_its_opposite_is_refused(value: Any, refused: Any) -> None:
    with pytest.raises(Inexpressible) if refused else nullcontext():
        assert _convert("needs_nothing", value, {"when": "true"}) is None


TABLES = {
    "words": {"DE": "Germany", "5": "five"},
    "languages": {"fr": "French", "pt-BR": "Brazilian", "pt": "Portuguese"},
}


def _with_tables(name: str, value: Any, table: str) -> str | None:
    return CONVERTERS[name](value, Scope({}, {}, Mac("805ec0123456"), TABLES, AT), {"table": table})


def test_a_word_is_looked_up_in_the_vendors_table_or_said_to_be_missing() -> None:
    assert (_with_tables("lookup", "DE", "words"), _with_tables("lookup", 5, "words")) == ("Germany", "five")
    with pytest.raises(Inexpressible, match="no spelling for FR"):
        _with_tables("lookup", "FR", "words")


@pytest.mark.parametrize(
    ("tag", "name"), [("fr", "French"), ("fr-CA", "French"), ("pt-BR", "Brazilian"), ("pt-PT", "Portuguese")]
)
def test_a_language_falls_back_to_the_one_without_its_region(tag: str, name: str) -> None:
    """Canadians read French menus rather than English ones."""
    assert _with_tables("language", tag, "languages") == name


def test_a_language_that_the_phones_do_not_speak_is_told() -> None:
    with pytest.raises(Inexpressible, match="do not speak de"):
        _with_tables("language", "de", "languages")


@pytest.mark.parametrize(
    ("zone", "offset", "switch", "start", "end", "minutes"),
    [
        ("Etc/UTC", "0", "off", None, None, None),
        ("Europe/Berlin", "+1", "on", "3/5/7/2", "10/5/7/3", "60"),
        ("America/New_York", "-5", "on", "3/2/7/2", "11/1/7/2", "60"),
        ("Australia/Lord_Howe", "+10:30", "on", "10/1/7/2", "4/1/7/2", "30"),
        ("America/St_Johns", "-03:30", "on", "3/2/7/2", "11/1/7/2", "60"),
        ("Asia/Kathmandu", "+05:45", "off", None, None, None),
        ("Etc/GMT+12", "-12", "off", None, None, None),
    ],
)
def test_a_zone_is_told_by_offset_and_changes(
    zone: str, offset: str, switch: str, start: str | None, end: str | None, minutes: str | None
) -> None:
    assert _convert("utc_offset", zone) == offset
    assert _convert("dst_switch", zone, {"on": "on", "off": "off"}) == switch
    assert (_convert("dst_start", zone), _convert("dst_end", zone)) == (start, end)
    assert _convert("dst_minutes", zone) == minutes


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Nuuk", "Pacific/Chatham"])
@pytest.mark.parametrize("name", ["dst_switch", "dst_start", "dst_end"])
def test_changes_that_phones_cannot_be_told_are_named_and_never_told_wrongly(zone: str, name: str) -> None:
    """At midnight's end, on the eve, at a quarter to three: a phone told something near it would be wrong."""
    with pytest.raises(Inexpressible, match=r"full hours only|when the clocks"):
        _convert(name, zone, {"on": "1", "off": "0"})


def test_every_zone_becomes_a_time_or_a_reason() -> None:
    for zone in timezones():
        for name, arguments in (
            ("dst_start", {}),
            ("dst_end", {}),
            ("dst_switch", {"on": "1", "off": "0"}),
            ("dst_rule", RULE),
        ):
            with suppress(Inexpressible):
                _convert(name, zone, arguments)
        assert _convert("utc_offset", zone)


@given(st.integers(300, 2592000), st.integers(1, 2**40 - 1), st.none() | st.integers(0, 100))
def test_polls_come_at_the_interval_or_a_little_later(seconds: int, number: int, percent: int | None) -> None:
    """As much as the operator allows; a tenth where nobody has said anything."""
    settings = {} if percent is None else {"provisioning.polling_spread": percent}
    scope = Scope(settings, {}, Mac(f"{number << 1:012x}"), {}, AT)
    spread, minutes = (CONVERTERS["spread"](seconds, scope, {"unit": unit}) for unit in ("s", "min"))
    assert seconds <= int(spread or 0) <= seconds + seconds * (10 if percent is None else percent) // 100
    assert int(spread or 0) <= int(minutes or 0) * 60 < int(spread or 0) + 60


def test_phones_of_one_delivery_do_not_poll_together() -> None:
    """A thousand phones switched on at once would otherwise come back at once, every day."""
    seconds = {
        CONVERTERS["spread"](86400, Scope({}, {}, Mac(f"000413{n:06x}"), {}, AT), {"unit": "s"}) for n in range(1000)
    }
    assert len(seconds) > 900


@pytest.mark.parametrize(("percent", "step"), [(0, "0"), (100, "15"), (50, "8"), (1, "0"), (99, "15")])
def test_percent_are_scaled_to_the_vendors_steps(percent: int, step: str) -> None:
    assert _convert("scale", percent, {"low": 0, "high": 15}) == step


@given(st.integers(0, 100), st.integers(0, 100))
def test_louder_is_never_quieter(one: int, other: int) -> None:
    quiet, loud = sorted((one, other))
    arguments = {"low": 1, "high": 10}
    assert int(_convert("scale", quiet, arguments) or 0) <= int(_convert("scale", loud, arguments) or 0)


def test_numbers_are_multiplied_and_divided_without_becoming_zero() -> None:
    assert _convert("multiply", 46, {"by": 4}) == "184"
    assert [_convert("divide", value, {"by": 60}) for value in (0, 1, 60, 61)] == ["0", "1", "1", "2"]
    assert [_convert("divide", value, {"by": 60, "least": 1}) for value in (0, 61)] == ["1", "2"]


def test_words_are_separated_as_the_phones_want_them() -> None:
    """Attributes of LDAP with blanks between them would be one attribute that no directory has."""
    assert _convert("words", "cn sn givenName", {"join": ","}) == "cn,sn,givenName"
    assert _convert("words", "cn", {"join": ","}) == "cn"


def test_a_text_is_put_between_two_others() -> None:
    assert _convert("affix", 3, {"before": "Ring", "after": ".wav"}) == "Ring3.wav"
    assert _convert("affix", "x") == "x"


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [("p.example", "p.example", "5060"), ("p.example:7", "p.example", "7"), ("[2001:db8::1]:7", "2001:db8::1", "7")],
)
def test_host_and_port_are_written_apart(value: str, host: str, port: str) -> None:
    assert _convert("host", value) == host
    assert _convert("port", value, {"default": 5060}) == port


def test_a_port_that_nobody_said_is_not_written() -> None:
    assert _convert("port", "p.example") is None


@pytest.mark.parametrize(
    ("server", "port", "text"),
    [
        ("s.example", None, "s.example"),
        ("s.example", 5070, "s.example:5070"),
        ("2001:db8::1", 5070, "[2001:db8::1]:5070"),
        ("2001:db8::1", None, "2001:db8::1"),
    ],
)
def test_a_server_gets_the_port_of_the_service_where_one_is_set(server: str, port: int | None, text: str) -> None:
    assert _convert("hostport", server, settings={"sip.port": port}) == text


@pytest.mark.parametrize("url", ["https://prov.example.com/p/x", "https://prov.example.com/p/x/"])
def test_phones_that_put_the_slash_themselves_get_none(url: str) -> None:
    assert _convert("folder_url", url, {"slash": False}) == "https://prov.example.com/p/x"


def test_a_folder_ends_in_a_slash_and_a_file_gets_the_devices_name() -> None:
    """A phone that adds its file's name to a folder without a slash asks for a file that nobody has."""
    assert _convert("folder_url", "https://a/p/t") == _convert("folder_url", "https://a/p/t/") == "https://a/p/t/"
    assert (
        _convert("file_url", "https://a/p/t/", {"name": "{MAC}-{mac}.cfg"})
        == "https://a/p/t/805EC0123456-805ec0123456.cfg"
    )
    assert _convert("file_url", "https://a/own.cfg", {"name": "{mac}.cfg"}) == "https://a/own.cfg"


def test_every_converter_says_what_it_does() -> None:
    """The reference of the format is made from it."""
    for name, function in CONVERTERS.items():
        assert function.__doc__, name


CODECS = {"PCMA": "8", "PCMU": "0"}


def _from_table(name: str, value: Any, arguments: dict[str, Any]) -> str | None:
    return CONVERTERS[name](value, Scope({}, {}, Mac("805ec0123456"), {"codecs": CODECS}, AT), arguments)


@pytest.mark.parametrize(
    ("at", "more", "spelled"),
    [
        (1, {}, "8"),
        (2, {}, "0"),
        (3, {}, None),
        (3, {"repeat": True}, "0"),
        (3, {"beyond": "none"}, "none"),
    ],
)
def test_an_item_of_a_list_is_found_among_those_that_the_vendor_has(
    at: int, more: dict[str, Any], spelled: str | None
) -> None:
    assert _from_table("item", ["OPUS", "PCMA", "PCMU"], {"at": at, "table": "codecs", **more}) == spelled


def test_an_item_of_a_text_is_one_of_those_between_its_commas() -> None:
    assert _convert("item", "4,7", {"at": 2}) == "7"
    assert _convert("item", "", {"at": 1, "beyond": "0"}) == "0"


def test_items_that_a_vendor_lacks_are_told_where_the_others_are_written_one_by_one() -> None:
    assert _from_table("all_in", ["PCMA"], {"table": "codecs"}) is None
    with pytest.raises(Inexpressible, match="no OPUS, ILBC"):
        _from_table("all_in", ["OPUS", "PCMA", "ILBC"], {"table": "codecs"})


@pytest.mark.parametrize(
    ("value", "first", "row"),
    [
        ("2,3", False, "0,1,1,0"),
        (4, False, "0,0,0,1"),
        ("", False, "0,0,0,0"),
        ("2,3", True, "0,1,0,0"),
        ("", True, None),
    ],
)
def test_numbers_become_marks_in_a_row(value: Any, first: bool, row: str | None) -> None:
    assert _convert("marks", value, {"of": 4, "first": first}) == row


def test_a_text_that_is_too_long_or_too_short_is_named_instead_of_written() -> None:
    assert _convert("characters", "123456", {"low": 6, "high": 16}) == "123456"
    for text in ("12345", "1" * 17):
        with pytest.raises(Inexpressible, match="6 to 16 characters"):
            _convert("characters", text, {"low": 6, "high": 16})
    with pytest.raises(Inexpressible, match="without accents"):
        _convert("characters", "pässwort", {"low": 6, "high": 16, "ascii": True})
    with pytest.raises(Inexpressible, match="digits only"):
        _convert("characters", "12345x", {"low": 6, "high": 16, "digits": True})
    assert _convert("characters", "012345", {"low": 6, "high": 16, "digits": True}) == "012345"
    assert _convert("characters", "p;q", {"low": 1, "high": 16, "without": '"<'}) == "p;q"
    with pytest.raises(Inexpressible, match='none of " < in it'):
        _convert("characters", "p<q", {"low": 1, "high": 16, "without": '"<'})


def test_passwords_may_have_to_be_mixed() -> None:
    mixed = {"low": 8, "high": 31, "mixed": True}
    for text in ("HelLo-12", "ab1-ab1-", "1234-Abc"):
        assert _convert("characters", text, mixed) == text
    for text in ("HelloAll", "Hello123", "1234567!", "abcde-12", "ABCDE-12", "12345-ab", "a1-+.!?b", "aaab-123"):
        with pytest.raises(Inexpressible, match="a letter, a digit and a sign"):
            _convert("characters", text, mixed)


def test_the_scheme_of_a_url_is_told_apart() -> None:
    assert _convert("scheme", "HTTPS://prov.example.com/", {"http": "1", "https": "2"}) == "2"
    with pytest.raises(Inexpressible, match="by ftp"):
        _convert("scheme", "ftp://prov.example.com/", {"http": "1", "https": "2"})


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Paris", "STD-1DST,M3.5.0,M10.5.0/3"),
        ("America/New_York", "STD+5DST,M3.2.0,M11.1.0"),
        ("Asia/Kolkata", "STD-5:30"),
        ("Etc/UTC", "STD+0"),
        ("Australia/Lord_Howe", "STD-10:30DST-11,M10.1.0,M4.1.0"),
    ],
)
def test_a_zone_becomes_a_posix_text_with_names_of_letters(zone: str, text: str) -> None:
    assert _convert("posix_zone", zone, {"most": 32}) == text


def test_a_posix_text_that_phones_cannot_hold_is_told() -> None:
    with pytest.raises(Inexpressible, match="longer than"):
        _convert("posix_zone", "Europe/Paris", {"most": 20})
    with pytest.raises(Inexpressible, match="when the clocks"):
        _convert("posix_zone", "America/Nuuk", {})


def test_the_parts_of_a_change_are_told_one_by_one() -> None:
    parts = ("month", "week", "day", "minutes")
    told = [_convert("dst_part", "Europe/Paris", {"change": "end", "part": part}) for part in parts]
    assert told == ["10", "5", "0", "180"]
    assert _convert("dst_part", "Asia/Kolkata", {"change": "start", "part": "month"}) is None
    assert _convert("utc_minutes", "America/New_York") == "-300"
    with pytest.raises(Inexpressible, match="when the clocks"):
        _convert("dst_part", "America/Nuuk", {"change": "start", "part": "minutes"})


def test_changes_may_be_told_by_english_names_and_not_at_all_where_there_are_none() -> None:
    rule = {"text": "{end}", "change": "{week}{day_name}{month_name}{hour}L", "last": "L"}
    told = [_convert("dst_rule", zone, rule) for zone in ("Europe/Paris", "America/New_York", "Asia/Kolkata")]
    assert told == ["LSunOct3L", "1SunNov2L", None]
    words = {"text": "{offset} from {start} until {end}", "change": "{time} {month_word} {week_word} {day_word}"}
    told = [_convert("dst_rule", zone, words) for zone in ("Europe/Paris", "America/New_York", "Asia/Kolkata")]
    assert told == [
        "+02:00 from 02:00 mar last sunday until 03:00 oct last sunday",
        "-04:00 from 02:00 mar second sunday until 02:00 nov first sunday",
        None,
    ]


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://prov.example.com/p/token/", ["prov.example.com", "443", "/p/token"]),
        ("https://prov.example.com:8443", ["prov.example.com", "8443", "/"]),
        ("http://prov.example.com/p/", [None, None, None]),
    ],
)
def test_a_url_is_told_in_parts_by_the_parameters_of_its_scheme(url: str, parts: list[str | None]) -> None:
    arguments = {"scheme": "https", "beside": ["http"]}
    assert [_convert("url_part", url, {"part": part, **arguments}) for part in ("host", "port", "path")] == parts


def test_a_scheme_that_phones_do_not_know_is_named() -> None:
    with pytest.raises(Inexpressible, match="cannot fetch by tftp"):
        _convert("url_part", "tftp://prov.example.com/", {"part": "host", "scheme": "https", "beside": ["http"]})


def test_half_an_hour_of_summer_is_not_told_to_phones_that_add_an_hour() -> None:
    an_hour = {"on": "1", "off": "0", "saves": 60}
    assert [_convert("dst_switch", zone, an_hour) for zone in ("Europe/Paris", "Asia/Kolkata")] == ["1", "0"]
    with pytest.raises(Inexpressible, match="by 60 minutes, Australia/Lord_Howe by 30"):
        _convert("dst_switch", "Australia/Lord_Howe", an_hour)


def test_the_address_of_a_hop_has_its_port_where_one_is_set() -> None:
    assert _hop("registrar", 1, "address", "pbx.example.com", "pbx.example.com") == "pbx.example.com"
    assert _hop("registrar", 1, "address", "pbx.example.com", "pbx.example.com", port=5070) == "pbx.example.com:5070"


def test_a_line_of_another_server_is_told_where_all_lines_share_one() -> None:
    """A gateway would register it with the server of the others."""
    arguments = {"kind": "registrar", "rank": 1, "part": "address", "shared": True}
    settings = {"sip.domain": "example.com", "sip.server": "sip.example.com"}
    line = {"line.domain": "example.com", "line.server": "sip.example.com"}
    assert _convert("hop", "x", arguments, settings=settings, line=line) == "example.com"
    with pytest.raises(Inexpressible, match="share one SIP server"):
        _convert("hop", "x", arguments, settings=settings, line={**line, "line.domain": "other.example.com"})


def test_a_rule_tells_credentials_and_key_before_the_url_without_what_would_end_them() -> None:
    """A password with a bracket in it would leave the phone without any rule it can read."""
    options = {"--uid": "provisioning.username", "--pwd": "provisioning.password"}
    arguments = {"name": "{mac}.xml", "options": options, "kept": {"--key $SA": "provisioning.encryption_key"}}

    def rule(**told: str) -> str | None:
        settings = {f"provisioning.{name}": value for name, value in told.items()}
        return _convert("rule_url", "https://a/p/t/", arguments, settings=settings)

    assert rule() == "https://a/p/t/805ec0123456.xml"
    assert rule(username="u", password="p$w") == "[--uid u --pwd p$$w] https://a/p/t/805ec0123456.xml"
    assert rule(encryption_key="k", password="p]w") == "[--key $SA] https://a/p/t/805ec0123456.xml"
    assert _convert("option_is_told", "p$w") is None
    with pytest.raises(Inexpressible, match="without blanks"):
        _convert("option_is_told", "p]w")
    with pytest.raises(Inexpressible, match="blank"):
        _convert("rule_url", "https://a/b|c", arguments)


def test_a_dscp_is_written_as_the_whole_byte_in_hexadecimal() -> None:
    assert [_convert("hexadecimal", value, {"by": 4}) for value in (0, 26, 46)] == ["0x00", "0x68", "0xb8"]


@pytest.mark.parametrize(
    ("host", "told", "written"),
    [
        ("ldap.example.com", {}, "ldap.example.com"),
        ("ldap.example.com", {"tls": "ldaps"}, "ldaps://ldap.example.com"),
        ("ldap.example.com", {"tls": "start_tls", "port": 3890}, "ldap://ldap.example.com:3890"),
        ("2001:db8::1", {"port": 389}, "ldap://[2001:db8::1]:389"),
    ],
)
def test_a_server_is_written_as_a_url_where_scheme_or_port_are_told(
    host: str, told: dict[str, Any], written: str
) -> None:
    schemes = {"off": "ldap", "start_tls": "ldap", "ldaps": "ldaps"}
    assert (
        _convert("server_url", host, {"scheme_by": "tls", "schemes": schemes, "port_by": "port"}, settings=told)
        == written
    )
