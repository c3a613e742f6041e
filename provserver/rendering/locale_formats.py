"""The usual date and time formats of a country or language, from CLDR."""

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

_QUOTED = re.compile(r"'[^']*'")
_ORDERS = {"Mdy": "M/D/Y", "dMy": "D/M/Y", "yMd": "Y-M-D"}


@lru_cache(maxsize=1024)
def usual_formats(language: str | None, country: str | None) -> dict[str, str]:
    """`date_format` and `time_format` for a BCP 47 language and a country (used if the language names none).

    Empty if neither tells, as for English without a country.
    """
    locale = _locale(language or "", country)
    if locale is None:
        return {}
    clock = _QUOTED.sub("", locale.time_formats["short"].pattern)
    letters = re.findall("[yMd]", _QUOTED.sub("", locale.date_formats["short"].pattern))
    order = _ORDERS.get("".join(dict.fromkeys(letters)))
    return {"time_format": "12h" if {"h", "K"} & set(clock) else "24h", **({"date_format": order} if order else {})}


def _locale(language: str, country: str | None) -> Locale | None:
    """The locale of the language in the country, else of the country's main language, else of the language."""
    parts = language.split("-")
    country = next((part for part in parts[1:] if len(part) == 2), country)
    likely = get_global("likely_subtags")
    names = [f"{parts[0]}_{country}", likely.get(f"und_{country}", f"en_{country}")] if country else []
    if not country and parts[0] not in ("", "en"):
        names = ["_".join(parts)]
    for name in names:
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return None
