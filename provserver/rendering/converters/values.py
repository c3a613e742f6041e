"""Numbers and texts: scaled, limited, switched, wrapped."""

import math
import re
from collections.abc import Mapping
from typing import Any

from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.views import Scope, Tables


@converter("low", "high")
def scale(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """A percentage scaled to the whole numbers from `low` to `high`."""
    low, high = arguments["low"], arguments["high"]
    return str(low + round((high - low) * value / 100))


@converter("by")
def multiply(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The value multiplied by `by`."""
    return str(value * arguments["by"])


@converter("by")
def hexadecimal(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The value multiplied by `by`, in hexadecimal, `0x68`; with 4, a DSCP becomes the whole TOS byte."""
    return f"0x{value * arguments['by']:02x}"


@converter("by", takes=("least",))
def divide(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The value divided by `by`, rounded up so that only 0 becomes 0, and at least `least`."""
    return str(max(math.ceil(value / arguments["by"]), arguments.get("least", 0)))


@converter(takes=("before", "after"))
def affix(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The value between `before` and `after`."""
    return f"{arguments.get('before', '')}{value}{arguments.get('after', '')}"


@converter("join")
def words(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The words of a text separated by `join` instead of blanks."""
    return str(arguments["join"]).join(value.split())


@converter("on", "off")
def switch(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """`on` from the arguments for a true or non-zero value, `off` for 0 and false."""
    return str(arguments["on"] if value else arguments["off"])


@converter()
def nonzero(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The value, or nothing for 0, if another parameter switches it off."""
    return str(value) if value else None


@converter("low", "high", takes=("zero",))
def within(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """A number from `low` to `high`; others are unsupported. With `zero`, 0 is written as that."""
    if not value and "zero" in arguments:
        return str(arguments["zero"])
    if not arguments["low"] <= value <= arguments["high"]:
        raise Inexpressible(f"the phones take {arguments['low']} to {arguments['high']}, not {value}")
    return str(value)


@converter("of", takes=("zero", "spelled"))
def steps(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The smallest number in `of` that is not below the value, else the largest; 0 is written as `zero`.

    `spelled`: how the phones write the numbers in `of`, if different.
    """
    if not value:
        if "zero" not in arguments:
            raise Inexpressible("the phones cannot switch it off")
        return str(arguments["zero"])
    step = min((step for step in arguments["of"] if step >= value), default=max(arguments["of"]))
    return str(arguments.get("spelled", arguments["of"])[arguments["of"].index(step)])


@converter("setting", "among", "without")
def if_setting(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str | None:
    """The value if `setting` is one of `among`, nothing if it is one of `without`.

    Values of the line, handset or base itself (`cell.role`) count as settings too.
    """
    name = arguments["setting"]
    other = scope.line.get(name, scope.settings.get(name))
    if other in arguments["among"]:
        return str(value)
    if other in arguments["without"]:
        return None
    raise Inexpressible(f"the phones have no way to say {other} of {arguments['setting']}")


@converter("by")
def add(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The value plus `by`, which may be negative, for numbers that start elsewhere."""
    return str(value + arguments["by"])


@converter(takes=("none",))
def first(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The first item of a list separated by commas; if empty `none`, or nothing."""
    if value:
        return str(value).partition(",")[0]
    return str(arguments["none"]) if "none" in arguments else None


@converter("pattern")
def extract(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """What the first group of `pattern`, a regular expression, matches in the value."""
    found = re.search(arguments["pattern"], str(value), re.IGNORECASE)
    if found is None:
        raise Inexpressible(f"{value} does not tell what the phones need to know")
    return str(found[1])


@converter("text", takes=("when",))
def fixed(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """A fixed `text` for any value; with `when`, only for that value, and nothing for others."""
    return str(arguments["text"]) if arguments.get("when", _key(value)) == _key(value) else None


@converter("zero")
def zero(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The number, but 0 is written as `zero`."""
    return str(value) if value else str(arguments["zero"])


@converter("when")
def needs_nothing(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> None:
    """Writes nothing for the value `when`, which is the phones' behaviour. Other values are unsupported."""
    if _key(value) != arguments["when"]:
        raise Inexpressible("the phones cannot do otherwise")


@converter("at", takes=("table", "beyond", "repeat"))
def item(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """Item number `at` of a list or of a text separated by commas. `table` maps items and drops those not in it.

    If there are fewer items: `beyond`, or with `repeat` the last item, else nothing.
    """
    items = [one for one in value.split(",") if one] if isinstance(value, str) else [str(one) for one in value]
    table = scope.tables[arguments["table"]] if "table" in arguments else {one: one for one in items}
    known = [table[one] for one in items if one in table]
    if len(known) >= arguments["at"]:
        return str(known[arguments["at"] - 1])
    if arguments.get("repeat") and known:
        return known[-1]
    return str(arguments["beyond"]) if "beyond" in arguments else None


@converter("table")
def all_in(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> None:
    """Writes nothing. Reports items that are not in `table`; `item` writes the others one by one."""
    missing = [str(one) for one in value if str(one) not in scope.tables[arguments["table"]]]
    if missing:
        raise Inexpressible(f"this vendor has no {', '.join(missing)}")


@converter("of", takes=("first",))
def marks(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """A row of `of` flags, 1 at each number in the value and 0 elsewhere: `2,3` of 4 is `0,1,1,0`.

    With `first` only the first number counts, and nothing is written if there is none.
    """
    numbers = [int(one) for one in str(value).split(",") if one]
    if arguments.get("first"):
        numbers = numbers[:1]
        if not numbers:
            return None
    return ",".join("1" if place in numbers else "0" for place in range(1, arguments["of"] + 1))


@converter("low", "high", takes=("ascii", "digits", "without", "mixed"))
def characters(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """A text of `low` to `high` characters, with `ascii` ASCII only, with `digits` digits only; others are unsupported.

    It must not contain any character of `without`. With `mixed` it needs a letter, a digit and a symbol, and no long
    run of one kind.
    """
    if arguments.get("digits") and not (value.isascii() and value.isdigit()):
        raise Inexpressible("the phones take digits only")
    if arguments.get("ascii") and not value.isascii():
        raise Inexpressible("the phones take letters without accents only")
    if not arguments["low"] <= len(value) <= arguments["high"]:
        raise Inexpressible(f"the phones take {arguments['low']} to {arguments['high']} characters, not {len(value)}")
    if any(character in arguments.get("without", "") for character in value):
        raise Inexpressible(f"the phones take none of {' '.join(arguments['without'])} in it")
    if arguments.get("mixed") and not _is_mixed(value):
        raise Inexpressible("the phones want a letter, a digit and a sign, at most 4 of a kind and 2 alike in a row")
    return str(value)


def _is_mixed(value: str) -> bool:
    rows = r"(.)\1\1|[a-z]{5}|[A-Z]{5}|[0-9]{5}|[^a-zA-Z0-9]{5}"
    return all(re.search(kind, value) for kind in ("[a-zA-Z]", "[0-9]", "[^a-zA-Z0-9]")) and not re.search(rows, value)


def _key(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
