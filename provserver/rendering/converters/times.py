"""Time: offsets, daylight saving, polling intervals."""

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from provserver.rendering.converters.registry import Inexpressible, Scope, converter
from provserver.rendering.converters.tables import code_of_zone
from provserver.rendering.timezones import Change, Zone, zone_rules


@converter(takes=("pad",))
def utc_offset(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC: `+1`, `-5`, `+05:30`, `0`; with `pad: false` half hours are `+5:30`."""
    minutes = zone_rules(value).standard
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    if rest:
        return f"{sign}{hours:02d}:{rest:02d}" if arguments.get("pad", True) else f"{sign}{hours}:{rest:02d}"
    return f"{sign}{hours}" if hours else "0"


@converter("on", "off")
def dst_switch(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """`on` or `off` of the arguments: whether the zone has daylight saving time."""
    zone = zone_rules(value)
    if zone.daylight is not None:
        _daylight(zone)
    return str(arguments["off"] if zone.daylight is None else arguments["on"])


@converter()
def dst_start(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """When daylight saving begins, as `MM/W/D/HH`: week 5 is the last, day 1 is Monday and 7 Sunday."""
    zone = zone_rules(value)
    return None if zone.daylight is None else _weekly(_daylight(zone)[0])


@converter()
def dst_end(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """When daylight saving ends, as `dst_start`."""
    zone = zone_rules(value)
    return None if zone.daylight is None else _weekly(_daylight(zone)[1])


@converter()
def dst_minutes(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """How many minutes daylight saving adds."""
    zone = zone_rules(value)
    return None if zone.daylight is None else str(zone.daylight - zone.standard)


@converter(takes=("unless_in",), zone_tables=("unless_in",))
def utc_seconds(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """Standard offset from UTC in seconds; nothing where a table of `unless_in` has a code for the zone."""
    if code_of_zone(value, scope, arguments.get("unless_in", ())) is not None:
        return None
    return str(zone_rules(value).standard * 60)


@converter("text", "change", "none", takes=("unless_in",), zone_tables=("unless_in",))
def dst_rule(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """Daylight saving in one `text` of {seconds}, {start} and {end}, or `none`; nothing where `unless_in` has a code.

    Both changes are spelled as `change` of {month}, {week} (5 is the last), {day} (7 is Sunday), {hour} and {minute}.
    """
    if code_of_zone(value, scope, arguments.get("unless_in", ())) is not None:
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


@converter()
def utc_minutes(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Standard offset from UTC in minutes, negative in the west."""
    return str(zone_rules(value).standard)


@converter("change", "part")
def dst_part(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """A `part` of the `change` start or end of daylight saving: month, week, day or minutes; nothing without any.

    Week 5 is the last, day 0 is Sunday, minutes are those after midnight.
    """
    zone = zone_rules(value)
    if zone.daylight is None or zone.start is None or zone.end is None:
        return None
    change = zone.start if arguments["change"] == "start" else zone.end
    if zone.daylight < zone.standard or not 0 <= change.minutes < 24 * 60:
        raise Inexpressible(f"the phones cannot be told when the clocks of {value} change")
    return str(getattr(change, arguments["part"]))


@converter(takes=("most",))
def posix_zone(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The zone's rules as a POSIX TZ text with names of letters, `STD-1DST,M3.5.0,M10.5.0/3`; `most` characters."""
    zone = zone_rules(value)
    text = f"STD{_west(zone.standard)}"
    if zone.daylight is not None and zone.start is not None and zone.end is not None:
        if not all(0 <= change.minutes < 24 * 60 for change in (zone.start, zone.end)):
            raise Inexpressible(f"the phones cannot be told when the clocks of {value} change")
        saved = "" if zone.daylight - zone.standard == 60 else _west(zone.daylight)
        text = f"{text}DST{saved},{_posix(zone.start)},{_posix(zone.end)}"
    if len(text) > arguments.get("most", len(text)):
        raise Inexpressible(f"the rules of {value} are longer than the phones take")
    return text


def _west(minutes: int) -> str:
    """An offset as POSIX counts it: hours west of Greenwich."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'+' if minutes <= 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def _posix(change: Change) -> str:
    hours, minutes = divmod(change.minutes, 60)
    time = "" if change.minutes == 2 * 60 else f"/{hours}" + (f":{minutes:02d}" if minutes else "")
    return f"M{change.month}.{change.week}.{change.day}{time}"


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


@converter("unit", takes=("most",))
def spread(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """An interval in seconds, up to a tenth longer by MAC, in `unit` s or min: phones do not come together.

    `most` is the longest interval the phones take, in that unit.
    """
    share = int.from_bytes(sha256(scope.mac.bare.encode()).digest()[:4], "big") / 2**32
    seconds = value + int(value * share / 10)
    units = seconds if arguments["unit"] == "s" else math.ceil(seconds / 60)
    return str(min(units, arguments.get("most", units)))
