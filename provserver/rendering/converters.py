"""Named converters: what a vendor's value table cannot say.

A converter takes the setting's value, the `Scope` it stands in and the `arguments` of the vendor file; it returns the
text of the parameter, or None to write nothing, and raises `Inexpressible` where this vendor has no way to say it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from provserver.domain.mac import Mac
from provserver.domain.texts import split_host_port
from provserver.rendering.timezones import Change, Zone, zone_rules


class Inexpressible(Exception):
    """The value has no spelling in this vendor's language; the text is the reason for people."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a converter may look at: effective settings by path, the line (if any), the MAC, the vendor's tables."""

    settings: Mapping[str, Any]
    line: Mapping[str, Any]
    mac: Mac
    tables: Mapping[str, Mapping[str, str]]


Converter = Callable[[Any, Scope, Mapping[str, Any]], str | None]
CONVERTERS: dict[str, Converter] = {}


def _converter(function: Converter) -> Converter:
    CONVERTERS[getattr(function, "__name__")] = function  # noqa: B009 - a Callable is not known to have a name
    return function


@_converter
def lookup(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The spelling in the vendor's table `table`."""
    spelling = scope.tables[arguments["table"]].get(str(value))
    if spelling is None:
        raise Inexpressible(f"this vendor has no spelling for {value}")
    return spelling


@_converter
def language(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """As `lookup`, falling back from `fr-CA` to `fr`."""
    table = scope.tables[arguments["table"]]
    spelling = table.get(value) or table.get(value.split("-")[0])
    if spelling is None:
        raise Inexpressible(f"the phones do not speak {value}")
    return spelling


@_converter
def zone_code(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The vendor's code of an IANA zone from `table`; else the code of a zone there with the very same rules.

    `more` names a second table that is read after the first; a zone that has no code at all is spelled `otherwise`.
    """
    code = _zone_code(value, scope, [arguments["table"], *([arguments["more"]] if "more" in arguments else [])])
    if code is not None:
        return code
    if "otherwise" in arguments:
        return str(arguments["otherwise"])
    raise Inexpressible(f"the phones know no zone with the rules of {value}")


def _zone_code(value: Any, scope: Scope, names: Sequence[str]) -> str | None:
    table = {zone: code for name in reversed(names) for zone, code in scope.tables[name].items()}
    if value in table:
        return table[value]
    wanted = zone_rules(value)
    ordered = (zone for name in names for zone in scope.tables[name])
    return next((table[zone] for zone in ordered if zone_rules(zone) == wanted), None)


@_converter
def utc_offset(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC: `+1`, `-5`, `+05:30`, `0`; with `pad: false` half hours are `+5:30`."""
    minutes = zone_rules(value).standard
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    if rest:
        return f"{sign}{hours:02d}:{rest:02d}" if arguments.get("pad", True) else f"{sign}{hours}:{rest:02d}"
    return f"{sign}{hours}" if hours else "0"


@_converter
def dst_switch(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """`on` or `off` of the arguments: whether the zone has daylight saving time."""
    zone = zone_rules(value)
    if zone.daylight is not None:
        _daylight(zone)
    return str(arguments["off"] if zone.daylight is None else arguments["on"])


@_converter
def dst_start(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """When daylight saving begins, as `MM/W/D/HH`: week 5 is the last, day 1 is Monday and 7 Sunday."""
    zone = zone_rules(value)
    return None if zone.daylight is None else _weekly(_daylight(zone)[0])


@_converter
def dst_end(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """When daylight saving ends, as `dst_start`."""
    zone = zone_rules(value)
    return None if zone.daylight is None else _weekly(_daylight(zone)[1])


@_converter
def dst_minutes(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """How many minutes daylight saving adds."""
    zone = zone_rules(value)
    return None if zone.daylight is None else str(zone.daylight - zone.standard)


@_converter
def utc_seconds(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """Standard offset from UTC in seconds; nothing where a table of `unless_in` has a code for the zone."""
    if _zone_code(value, scope, arguments.get("unless_in", ())) is not None:
        return None
    return str(zone_rules(value).standard * 60)


@_converter
def dst_rule(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """Daylight saving in one `text` of {seconds}, {start} and {end}, or `none`; nothing where `unless_in` has a code.

    Both changes are spelled as `change` of {month}, {week} (5 is the last), {day} (7 is Sunday), {hour} and {minute}.
    """
    if _zone_code(value, scope, arguments.get("unless_in", ())) is not None:
        return None
    zone = zone_rules(value)
    if zone.daylight is None or zone.start is None or zone.end is None:
        return str(arguments["none"])
    changes = (zone.start, zone.end)
    if zone.daylight < zone.standard or not all(0 <= change.minutes < 24 * 60 for change in changes):
        raise Inexpressible(f"the phones cannot be told when the clocks of {value} change")
    start, end = (
        str(arguments["change"]).format(
            month=change.month,
            week=change.week,
            day=change.day or 7,
            hour=change.minutes // 60,
            minute=change.minutes % 60,
        )
        for change in changes
    )
    return str(arguments["text"]).format(seconds=(zone.daylight - zone.standard) * 60, start=start, end=end)


def _daylight(zone: Zone) -> tuple[Change, Change]:
    """The changes into and out of summer time, on full hours of the day itself, as phones can take them."""
    if zone.start is None or zone.end is None or zone.daylight is None or zone.daylight < zone.standard:
        raise Inexpressible("the phones cannot be told a time that is turned back in summer")
    for change in (zone.start, zone.end):
        if not 0 <= change.minutes < 24 * 60 or change.minutes % 60:
            raise Inexpressible("the phones cannot be told a change that is not on a full hour of its day")
    return zone.start, zone.end


def _weekly(change: Change) -> str:
    return f"{change.month}/{change.week}/{change.day or 7}/{change.minutes // 60}"


@_converter
def scale(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Percent to the whole numbers from `low` to `high`."""
    low, high = arguments["low"], arguments["high"]
    return str(low + round((high - low) * value / 100))


@_converter
def multiply(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """`by` times the value."""
    return str(value * arguments["by"])


@_converter
def divide(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The value divided by `by`, rounded up so that only 0 becomes 0."""
    return str(math.ceil(value / arguments["by"]))


@_converter
def affix(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The value between `before` and `after`."""
    return f"{arguments.get('before', '')}{value}{arguments.get('after', '')}"


@_converter
def host(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The host of `host[:port]`."""
    return split_host_port(value)[0]


@_converter
def port(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The port of `host[:port]`, else `default`, else nothing."""
    found = split_host_port(value)[1] or arguments.get("default")
    return None if found is None else str(found)


@_converter
def hostport(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The line's server with `sip.port` where that is set."""
    number = scope.settings.get("sip.port")
    bracketed = f"[{value}]" if ":" in value and number else value
    return f"{bracketed}:{number}" if number else bracketed


@_converter
def spread(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """An interval in seconds, up to a tenth longer by MAC, in `unit` s or min: phones do not come together.

    `most` is the longest interval the phones take, in that unit.
    """
    share = int.from_bytes(sha256(scope.mac.bare.encode()).digest()[:4], "big") / 2**32
    seconds = value + int(value * share / 10)
    units = seconds if arguments["unit"] == "s" else math.ceil(seconds / 60)
    return str(min(units, arguments.get("most", units)))


@_converter
def folder_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """A URL that ends in a slash, for phones that add the file name themselves."""
    return value if value.endswith("/") else f"{value}/"


@_converter
def file_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The folder's URL with this device's file `name`, in which {mac} and {MAC} are replaced; a file's URL stays."""
    if not value.endswith("/"):
        return str(value)
    name = str(arguments["name"]).replace("{mac}", scope.mac.bare).replace("{MAC}", scope.mac.upper)
    return f"{value}{name}"


@_converter
def switch(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """`on` of the arguments where there is something to switch on, `off` for 0 and false."""
    return str(arguments["on"] if value else arguments["off"])


@_converter
def nonzero(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The value, and nothing for 0: where another parameter says that it is off."""
    return str(value) if value else None


@_converter
def within(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """A number from `low` to `high`; these phones take no other."""
    if not arguments["low"] <= value <= arguments["high"]:
        raise Inexpressible(f"the phones take {arguments['low']} to {arguments['high']}, not {value}")
    return str(value)


@_converter
def steps(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The smallest of the numbers `of` that is not below the value, else the largest; 0 is spelled `zero`."""
    if not value:
        if "zero" not in arguments:
            raise Inexpressible("the phones cannot switch it off")
        return str(arguments["zero"])
    return str(min((step for step in arguments["of"] if step >= value), default=max(arguments["of"])))


@_converter
def if_setting(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The value where `setting` is one of `among`, nothing where it is one of `without`."""
    other = scope.settings.get(arguments["setting"])
    if other in arguments["among"]:
        return str(value)
    if other in arguments["without"]:
        return None
    raise Inexpressible(f"the phones have no way to say {other} of {arguments['setting']}")


@_converter
def url_name(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The file name at the end of a URL, between `before` and `after`; nothing where the URL has none."""
    name = unquote(urlsplit(value).path.rpartition("/")[2])
    if not name.isprintable() or name != name.strip():
        raise Inexpressible("the file at the end of the URL has a name that no phone can take")
    return affix(name, scope, arguments) if name else None


@_converter
def hop(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """One server of a line, for phones that take the registrar's name as the domain of the address of record.

    The first registrar is the domain. What stands before it is a proxy: `sip.outbound_proxy`, else a server that is not
    the domain. `sip.backup_server` is the second of what the server is. `kind` is registrar or proxy, `rank` 1 or 2,
    `part` host, port or switch (`on`, `off`); `udp`, `tcp` and `tls` are the ports taken where none is said.
    """
    found = _hops(scope)[arguments["kind"]][arguments["rank"] - 1 : arguments["rank"]]
    if arguments["part"] == "switch":
        return str(arguments["on"] if found else arguments["off"])
    if not found:
        return None
    name, number = found[0]
    return name if arguments["part"] == "host" else str(number or arguments[scope.settings.get("sip.transport", "udp")])


def _hops(scope: Scope) -> dict[str, list[tuple[str, int | None]]]:
    settings, line = scope.settings, scope.line
    usual = settings.get("sip.port")
    domain = line.get("line.domain") or line["line.server"]
    outbound, backup = settings.get("sip.outbound_proxy"), settings.get("sip.backup_server")
    second = [(split_host_port(backup)[0], split_host_port(backup)[1] or usual)] if backup else []
    if outbound:
        return {"registrar": [(domain, usual), *second], "proxy": [split_host_port(outbound)]}
    if line["line.server"] != domain:
        return {"registrar": [(domain, None)], "proxy": [(line["line.server"], usual), *second]}
    return {"registrar": [(domain, usual), *second], "proxy": []}


@_converter
def registrar(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The domain of the line's address of record, with `sip.port` where the domain is the server: `host[:port]`."""
    return _joined(value, scope.settings.get("sip.port") if scope.line.get("line.server") == value else None)


@_converter
def server_is_told(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> None:
    """Nothing is written: `registrar` and `route` name the server, unless a proxy hides one beside the domain."""
    if scope.settings.get("sip.outbound_proxy") and scope.line.get("line.server") != scope.line.get("line.domain"):
        raise Inexpressible("behind an outbound proxy the phones know no server but the domain")


@_converter
def route(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Where the line's requests go in turn, separated by `join`; `transport` and the transport's name end each."""
    hops = _hops(scope)
    turns = [*hops["proxy"], *hops["registrar"][1:]] if hops["proxy"] else hops["registrar"]
    transport = scope.settings.get("sip.transport")
    end = f"{arguments['transport']}{transport}" if transport else ""
    return str(arguments["join"]).join(f"{_joined(name, number)}{end}" for name, number in turns)


def _joined(name: str, number: int | None) -> str:
    bracketed = f"[{name}]" if ":" in name else name
    return f"{bracketed}:{number}" if number else bracketed


@_converter
def fixed(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The same `text` whatever the value is; with `when`, only for that value and nothing for the others."""
    return str(arguments["text"]) if arguments.get("when", _key(value)) == _key(value) else None


@_converter
def zero(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The number, but 0 is spelled `zero`."""
    return str(value) if value else str(arguments["zero"])


@_converter
def needs_nothing(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> None:
    """Nothing is written for the value `when`, which the phones do by themselves; they cannot do otherwise."""
    if _key(value) != arguments["when"]:
        raise Inexpressible("the phones cannot do otherwise")


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
