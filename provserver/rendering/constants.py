"""Parameters that are always written, and those that switch off unused lines and handset slots."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from provserver.domain.device import MulticellRole
from provserver.domain.lines import Repeated
from provserver.domain.mac import Mac
from provserver.rendering.converters import Inexpressible
from provserver.rendering.owners import Owners
from provserver.rendering.parameters import Parameter
from provserver.rendering.placeholders import number_of_line, number_of_slot, placed
from provserver.rendering.plan import Fixed, Plan
from provserver.rendering.spelling import identity_of

_KEPT = 2_048  # cached constants with the parameters of all lines, of about 250 bytes each
_SLOTS_KEPT = 16_384  # cached parameters of single slots; a base may have a thousand


def constants_of(plan: Plan, owners: Owners, repeated: Repeated, mac: Mac) -> Iterator[Parameter]:
    """All constants of the plan, repeated for lines or slots as their names require."""
    for fixed in plan.constants:
        plain = owners.plain_lines(fixed.group) if fixed.follows else None
        if plain is None:
            yield from _present(_made(fixed, owner.places, owner.slot, mac.bare) for owner in owners.of(fixed.group))
        else:
            yield from _following(fixed, plain)
    if plan.role is MulticellRole.SECONDARY:
        return  # gets lines and handsets over the LAN from its data master
    model = plan.vendor.model(plan.model_name)
    lines = _free(model.lines, {line.number for line in repeated.lines})
    for fixed in plan.unused_lines:
        if fixed.follows:
            yield from _following(fixed, lines)
        else:
            yield from _present(_made(fixed, number_of_line(line), None, mac.bare) for line in lines)
    slots = _free(model.handsets, {handset.slot for handset in repeated.handsets})
    for fixed in plan.unused_slots:
        if fixed.follows:
            yield from _present(_of_slot(fixed, slot) for slot in slots)
        else:
            yield from _present(_made(fixed, number_of_slot(slot), None, mac.bare) for slot in slots)


def _free(limit: int | None, used: set[int]) -> tuple[int, ...]:
    return tuple(number for number in range(1, (limit or 0) + 1) if number not in used)


def _present(made: Iterable[Parameter | None]) -> Iterator[Parameter]:
    return (parameter for parameter in made if parameter)


@lru_cache(maxsize=_KEPT)
def _following(fixed: Fixed, lines: tuple[int | None, ...]) -> tuple[Parameter, ...]:
    """The parameters of a constant that depends on nothing but line numbers; cached across phones."""
    return tuple(_present(_made(fixed, number_of_line(line), None, "") for line in lines))


@lru_cache(maxsize=_SLOTS_KEPT)
def _of_slot(fixed: Fixed, slot: int) -> Parameter | None:
    """The same for one slot. Cached per slot, because each base has different free slots."""
    return _made(fixed, number_of_slot(slot), None, "")


def _made(fixed: Fixed, places: Mapping[str, str], slot: int | None, mac: str) -> Parameter | None:
    """Build the parameter for these placeholder values; None if it has no name."""
    constant = fixed.constant
    try:
        identity = identity_of(constant.to, fixed.vendor, places)
    except Inexpressible:
        return None  # no such line or slot on this model; reported with its settings
    return Parameter(
        identity,
        placed(constant.value, places).replace("{mac}", mac),
        constant.section,
        {key: placed(text, places) for key, text in constant.attributes.items()},
        layer="vendor",
        line=int(places["line"]) if "line" in places else None,
        slot=int(places["slot"]) if "slot" in places else slot,
    )
