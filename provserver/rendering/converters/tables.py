"""Values with a vendor's own codes: languages, countries, time zones."""

from collections.abc import Mapping, Sequence
from typing import Any

from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.views import Clock, Tables
from provserver.rendering.languages import nearest
from provserver.rendering.timezones import zone_rules


@converter("table")
def lookup(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The entry in the vendor's table `table`."""
    spelling = scope.tables[arguments["table"]].get(str(value))
    if spelling is None:
        raise Inexpressible(f"this vendor has no spelling for {value}")
    return spelling


@converter("table")
def language(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """Like `lookup`, for the best matching language in the table: `fr` for `fr-CA`, `zh-TW` for `zh-HK`."""
    table = scope.tables[arguments["table"]]
    found = nearest(value, tuple(table))
    if found is None:
        raise Inexpressible(f"the phones do not speak {value}")
    return table[found]


@converter("position", takes=("table", "otherwise", "text"))
def nth(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The item at `position`, from 1, of a list or of words separated by blanks; else `otherwise`, or nothing.

    With `table`, only items in that table count, and their entry is written. With `text`, that text is written for any
    item.
    """
    items = value.split() if isinstance(value, str) else value
    if "table" in arguments:
        table = scope.tables[arguments["table"]]
        items = [table[item] for item in items if item in table]
    found = items[arguments["position"] - 1 : arguments["position"]]
    return str(arguments.get("text", found[0])) if found else arguments.get("otherwise")


@converter("table", takes=("more", "otherwise"), zone_tables=("table", "more"), by_rules=True)
def zone_code(value: Any, scope: Clock, arguments: Mapping[str, Any]) -> str:
    """The vendor's code of an IANA zone in `table`, else the code of a zone there with the same rules.

    `more`: a second table, used after the first. `otherwise`: written for a zone without a code.
    """
    code = code_of_zone(value, scope, [arguments["table"], *([arguments["more"]] if "more" in arguments else [])])
    if code is not None:
        return code
    if "otherwise" in arguments:
        return str(arguments["otherwise"])
    raise Inexpressible(f"the phones know no zone with the rules of {value}")


def code_of_zone(value: Any, scope: Clock, names: Sequence[str]) -> str | None:
    """The code of an IANA zone, or of a zone with the same rules, in the tables `names`; None if there is none."""
    table = {zone: code for name in reversed(names) for zone, code in scope.tables[name].items()}
    if value in table:
        return table[value]
    wanted = scope.zone(value)
    ordered = (zone for name in names for zone in scope.tables[name])
    return next((table[zone] for zone in ordered if zone_rules(zone) == wanted), None)
