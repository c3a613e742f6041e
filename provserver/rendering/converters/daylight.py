"""Daylight saving: whether, how much, and when, in the notations that phones use."""

from calendar import monthrange
from collections.abc import Mapping
from typing import Any

from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.tables import code_of_zone
from provserver.rendering.converters.views import Clock
from provserver.rendering.timezones import Change, Zone

_DAY = 24 * 60
_LAST = 5
_DAY_WORDS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WEEK_WORDS = ("first", "second", "third", "fourth", "last")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PARTS = (
    *("month", "month_name", "month_word", "week", "week_word", "is_last", "from_day", "day", "day_name", "day_word"),
    *("hour", "minute", "minutes", "clock", "time"),
)
_TEXTS = {"text": ("seconds", "minutes", "saved", "offset", "start", "end"), "change": _PARTS}
_FEBRUARY = 2
_COMMON_YEAR = 2027


@converter("on", "off", takes=("minutes", "saves"), by_rules=True)
def dst_switch(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """`on` or `off` from the arguments: whether the zone has daylight saving time.

    `minutes: true`: other parameters can express a change that is not on a full hour. `saves`: the minutes that the
    phones add, if no parameter sets them.
    """
    zone = scope.zone(value)
    if zone.daylight is None:
        return str(arguments["off"])
    for change in changes_of(value, zone):
        if change.minutes % 60 and not arguments.get("minutes"):
            raise Inexpressible(f"the phones know changes on full hours only, and {value} has another")
    saved = zone.daylight - zone.standard
    if saved != arguments.get("saves", saved):
        raise Inexpressible(f"the phones put the clock forward by {arguments['saves']} minutes, {value} by {saved}")
    return str(arguments["on"])


@converter(by_rules=True)
def dst_start(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """Start of daylight saving as `MM/W/D/HH`: week 5 is the last, day 1 is Monday, 7 is Sunday."""
    return None if scope.zone(value).daylight is None else _weekly(value, scope, 0)


@converter(by_rules=True)
def dst_end(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """End of daylight saving, in the format of `dst_start`."""
    return None if scope.zone(value).daylight is None else _weekly(value, scope, 1)


def _weekly(name: str, scope: Clock, which: int) -> str:
    change = changes_of(name, scope.zone(name))[which]
    if change.minutes % 60:
        raise Inexpressible(f"the phones know changes on full hours only, and {name} has another")
    return f"{change.month}/{change.week}/{change.day or 7}/{change.minutes // 60}"


@converter(takes=("none",), by_rules=True)
def dst_minutes(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """Minutes added by daylight saving; without it `none`, or nothing."""
    zone = scope.zone(value)
    return _none(arguments) if zone.daylight is None else str(zone.daylight - zone.standard)


@converter("change", "part", takes=("last", "sunday", "none"), by_rules=True)
def dst_part(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """A `part` of the `change` start or end of daylight saving; without it `none`, or nothing.

    Parts: month, month_name (`Mar`), month_word (`mar`), week (the last is `last`, else 5), week_word (`first` to
    `fourth`, `last`), is_last (1 or 0), from_day (first possible day of the month: 1, 8, 15 or 22; the last is `last`,
    else -1), day (Sunday is `sunday`: 0, else 1 or 7), day_name (`Sun`), day_word (`sunday`), hour, minute, minutes
    (after midnight), clock (`2:30`, and `2` on the hour) and time (`02:30`).
    """
    zone = scope.zone(value)
    if zone.daylight is None:
        return _none(arguments)
    change = changes_of(value, zone)[0 if arguments["change"] == "start" else 1]
    return str(_parts(change, arguments, sunday=0)[arguments["part"]])


@converter(
    "text",
    "change",
    takes=("none", "unless_in", "sunday", "last"),
    zone_tables=("unless_in",),
    texts=_TEXTS,
    by_rules=True,
)
def dst_rule(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str | None:
    """Daylight saving as one `text`; without it `none`, or nothing; nothing if a table in `unless_in` has a code.

    Placeholders: {seconds}, {minutes} and {saved} (hours: `1`, `0:30`) for what it adds, {offset} for the resulting
    offset from UTC (`+02:00`), and {start} and {end}. Those two are written as `change`, with the parts of `dst_part`;
    Sunday is 7 by default. With {from_day}, a change on the day before or after a given weekday can be expressed.
    """
    if code_of_zone(value, scope, arguments.get("unless_in", ())) is not None:
        return None
    zone = scope.zone(value)
    if zone.daylight is None:
        return _none(arguments)
    pattern = str(arguments["change"])
    changes = changes_of(value, zone, movable="{from_day" in pattern)
    start, end = (pattern.format(**_parts(change, arguments, sunday=7)) for change in changes)
    saved = zone.daylight - zone.standard
    hours, minutes = divmod(abs(zone.daylight), 60)
    offset = f"{'-' if zone.daylight < 0 else '+'}{hours:02d}:{minutes:02d}"
    told = {"seconds": saved * 60, "minutes": saved, "saved": clock(saved), "offset": offset}
    return str(arguments["text"]).format(**told, start=start, end=end)


@converter(takes=("most",), by_rules=True)
def posix_zone(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """The rules as a POSIX TZ string with letter names, `STD-1DST,M3.5.0,M10.5.0/3`; at most `most` characters."""
    zone = scope.zone(value)
    text = f"STD{_west(zone.standard)}"
    if zone.daylight is not None:
        saved = "" if zone.daylight - zone.standard == 60 else _west(zone.daylight)
        start, end = changes_of(value, zone, latest=_DAY)
        text = f"{text}DST{saved},{_posix(start)},{_posix(end)}"
    if len(text) > arguments.get("most", len(text)):
        raise Inexpressible(f"the rules of {value} are longer than the phones take")
    return text


def _west(minutes: int) -> str:
    """An offset in POSIX notation: hours, positive west of Greenwich."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'+' if minutes <= 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def _posix(change: Change) -> str:
    time = "" if change.minutes == 2 * 60 else f"/{clock(change.minutes)}"
    return f"M{change.month}.{change.week}.{change.day}{time}"


def changes_of(name: str, zone: Zone, *, movable: bool = False, latest: int = _DAY - 1) -> tuple[Change, Change]:
    """The changes into and out of daylight saving, if phones can express their time of day.

    `movable`: the caller can express a change on the day before or after. `latest`: latest time, in minutes after
    midnight.
    """
    if zone.start is None or zone.end is None:
        raise Inexpressible(f"the clocks of {name} do not change")
    for change in (zone.start, zone.end):
        if not movable and not 0 <= change.minutes <= latest:
            raise Inexpressible(f"the phones cannot be told when the clocks of {name} change")
    return zone.start, zone.end


def _parts(change: Change, arguments: Mapping[str, Any], sunday: int) -> dict[str, Any]:
    """The placeholders of a change. A time outside its day is converted to the day it falls on."""
    days, minutes = divmod(change.minutes, _DAY)
    first = _first_day(change, days)
    week, weekday = change.week, (change.day + days) % 7
    if first is None:
        first = arguments.get("last", -1)
        week = arguments.get("last", week)
    base = arguments.get("sunday", sunday)
    return {
        "month": change.month,
        "month_name": _MONTHS[change.month - 1],
        "month_word": _MONTHS[change.month - 1].lower(),
        "week": week,
        "week_word": _WEEK_WORDS[change.week - 1],
        "is_last": int(change.week == _LAST),
        "from_day": first,
        "day": {0: weekday, 1: weekday + 1, 7: weekday or 7}[base],
        "day_name": _DAYS[weekday],
        "day_word": _DAY_WORDS[weekday],
        "hour": minutes // 60,
        "minute": minutes % 60,
        "minutes": minutes,
        "clock": clock(minutes),
        "time": f"{minutes // 60:02d}:{minutes % 60:02d}",
    }


def _first_day(change: Change, days: int) -> int | None:
    """The first possible day of the month; None for the last such weekday of the month.

    The seven possible days must be the same every year, so the change must not fall into another month.
    """
    if change.week == _LAST and not days:
        return None
    length = monthrange(_COMMON_YEAR, change.month)[1]
    first = (length - 6 if change.week == _LAST else 7 * change.week - 6) + days
    if not 1 <= first <= length - 6 or (change.week == _LAST and change.month == _FEBRUARY):
        raise Inexpressible("the phones cannot be told a change that may fall into another month")
    return first


def clock(minutes: int) -> str:
    """Minutes as hours: `2`, `2:30`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours}:{rest:02d}" if rest else str(hours)


def _none(arguments: Mapping[str, Any]) -> str | None:
    return str(arguments["none"]) if "none" in arguments else None
