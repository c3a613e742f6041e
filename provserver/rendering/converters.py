"""Named converters: what a vendor's value table cannot say.

A converter takes the setting's value, the `Scope` it stands in and the `arguments` of the vendor file; it returns the
text of the parameter, or None to write nothing, and raises `Inexpressible` where this vendor has no way to say it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

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
    """The vendor's code of an IANA zone from `table`; else the code of a zone there with the very same rules."""
    table = scope.tables[arguments["table"]]
    if value in table:
        return table[value]
    wanted = zone_rules(value)
    for name, code in table.items():
        if zone_rules(name) == wanted:
            return code
    raise Inexpressible(f"the phones know no zone with the rules of {value}")


@_converter
def utc_offset(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC: `+1`, `-5`, `+05:30`, `0`."""
    minutes = zone_rules(value).standard
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    if rest:
        return f"{sign}{hours:02d}:{rest:02d}"
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
    """An interval in seconds, up to a tenth longer by MAC, in `unit` s or min: phones do not come together."""
    share = int.from_bytes(sha256(scope.mac.bare.encode()).digest()[:4], "big") / 2**32
    seconds = value + int(value * share / 10)
    return str(seconds if arguments["unit"] == "s" else math.ceil(seconds / 60))


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
