"""Parameters that are always written, and those that switch off the lines and handsets that are not used."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from provserver.domain.device import MulticellRole
from provserver.domain.lines import Repeated
from provserver.domain.mac import Mac
from provserver.rendering.converters import Inexpressible
from provserver.rendering.parameters import Parameter
from provserver.rendering.places import number_of_line, placed
from provserver.rendering.plan import Fixed, Plan
from provserver.rendering.spelling import identity_of
from provserver.rendering.spots import Spots

_KEPT = 8_192  # of some 300 bytes each


def constants_of(plan: Plan, spots: Spots, repeated: Repeated, mac: Mac) -> Iterator[Parameter]:
    """All constants of the plan, repeated as their names say."""
    for fixed in plan.constants:
        for spot in spots.of(fixed.group):
            if fixed.follows and spot.is_plain:
                found = _following(fixed, spot.line)
            else:
                found = _made(fixed, spot.places, spot.slot, mac.bare)
            if found:
                yield found
    if plan.role is MulticellRole.SECONDARY:
        return  # lines and handsets reach it over the LAN, from its data master
    model = plan.vendor.model(plan.model_name)
    used = {line.number for line in repeated.lines}
    for fixed, number in _free(plan.unused_lines, model.lines, used):
        found = _following(fixed, number) if fixed.follows else _made(fixed, number_of_line(number), None, mac.bare)
        if found:
            yield found
    slots = {handset.slot for handset in repeated.handsets}
    for fixed, number in _free(plan.unused_slots, model.handsets, slots):
        found = _made(fixed, {"slot": str(number), "slot0": str(number - 1)}, None, mac.bare)
        if found:
            yield found


def _free(constants: Iterable[Fixed], limit: int | None, used: set[int]) -> Iterator[tuple[Fixed, int]]:
    free = [number for number in range(1, (limit or 0) + 1) if number not in used]
    return ((fixed, number) for fixed in constants for number in free)


@lru_cache(maxsize=_KEPT)
def _following(fixed: Fixed, line: int | None) -> Parameter | None:
    """The parameter of a constant that knows nothing but the number of its line: the same for all phones."""
    return _made(fixed, number_of_line(line), None, "")


def _made(fixed: Fixed, places: Mapping[str, str], slot: int | None, mac: str) -> Parameter | None:
    """The parameter with these places; None where it has no name."""
    constant = fixed.constant
    try:
        identity = identity_of(constant.to, fixed.vendor, places)
    except Inexpressible:
        return None  # beyond the last that has a name; the settings of that line, handset or server tell why
    return Parameter(
        identity,
        placed(constant.value, places).replace("{mac}", mac),
        constant.section,
        {key: placed(text, places) for key, text in constant.attributes.items()},
        layer="vendor",
        line=int(places["line"]) if "line" in places else None,
        slot=int(places["slot"]) if "slot" in places else slot,
    )
