"""Time: offsets from UTC, and polling intervals."""

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.tables import code_of_zone
from provserver.rendering.converters.views import Clock, Scope


@converter(takes=("pad", "before"), by_rules=True)
def utc_offset(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC: `+1`, `-5`, `+05:30`, `0`; with `pad: false` `+5:30` for half hours.

    `before` is put in front: `UTC+1`, and `UTC` alone if the offset is zero.
    """
    minutes, before = scope.zone(value).standard, arguments.get("before", "")
    sign, (hours, rest) = before + ("-" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    if rest:
        return f"{sign}{hours:02d}:{rest:02d}" if arguments.get("pad", True) else f"{sign}{hours}:{rest:02d}"
    return f"{sign}{hours}" if hours else before or "0"


@converter(takes=("unless_in",), zone_tables=("unless_in",), by_rules=True)
def utc_seconds(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """Standard offset from UTC in seconds; nothing if a table in `unless_in` has a code for the zone."""
    if code_of_zone(value, scope, arguments.get("unless_in", ())) is not None:
        return None
    return str(scope.zone(value).standard * 60)


@converter(takes=("west", "unit"), by_rules=True)
def utc_minutes(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC in minutes, negative west of Greenwich; with `west: true` negative east of it.

    `unit`: minutes per unit of the phones, 15 for quarter hours.
    """
    unit = arguments.get("unit", 1)
    units, rest = divmod(scope.zone(value).standard, unit)
    if rest:
        raise Inexpressible(f"the phones know offsets in steps of {unit} minutes, {value} has another")
    return str(-units if arguments.get("west") else units)


@converter("text", texts={"text": ("sign", "hours", "minutes", "decimal")}, by_rules=True)
def utc_text(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC as `text`, such as `GMT{sign}{hours:02}:{minutes:02}`.

    {sign} is - west of Greenwich and + elsewhere; {decimal} is the whole offset in hours, `-3.5`.
    """
    offset = scope.zone(value).standard
    hours, minutes = divmod(abs(offset), 60)
    places = {"sign": "-" if offset < 0 else "+", "hours": hours, "minutes": minutes, "decimal": f"{offset / 60:g}"}
    return str(arguments["text"]).format(**places)


@converter("unit", takes=("most", "least"))
def spread(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """An interval given in seconds, in `unit` (s or min), lengthened depending on the MAC to spread the phones.

    The maximum extension is `provisioning.polling_spread` percent, 10 if it is not set. `most` and `least` are the
    limits of the phones, in that unit.
    """
    share = int.from_bytes(sha256(scope.mac.bare.encode()).digest()[:4], "big") / 2**32
    longest = scope.settings.get("provisioning.polling_spread", 10)
    seconds = value + int(value * share * longest / 100)
    units = seconds if arguments["unit"] == "s" else math.ceil(seconds / 60)
    return str(max(arguments.get("least", 0), min(units, arguments.get("most", units))))
