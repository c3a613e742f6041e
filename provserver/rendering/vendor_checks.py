"""Semantic checks of a vendor file: known names and valid references."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from string import Formatter
from typing import Any

from provserver.domain.device import DeviceType
from provserver.domain.mac import seen_mac
from provserver.domain.mappings import Mapping
from provserver.domain.proofs import PROOFS
from provserver.domain.texts import timezones
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import DECT_VALUES, LINE_VALUES, VOCABULARY
from provserver.rendering.button_checks import check_buttons, check_told, conditions_of
from provserver.rendering.converters import ARGUMENTS, CONVERTERS
from provserver.rendering.parameters import LISTED

Problem = tuple[tuple[str | int, ...], str]


def check_vendor(vendor: Vendor) -> Iterator[Problem]:
    """All errors of a parsed vendor file, each with its key."""
    yield from _check_settings(vendor)
    yield from _check_conditions(vendor)
    yield from _check_spellings(vendor)
    yield from _check_files(vendor)
    yield from _check_agents(vendor)
    yield from check_buttons(vendor)
    yield from check_told(vendor)
    yield from ((("names",), f"{key} is not listed") for key in sorted(_listed_names(vendor) - set(vendor.names)))
    yield from ((("proofs",), f"{proof} is no proof") for proof in vendor.proofs if proof not in PROOFS)
    if ("certificate" in vendor.proofs) != bool(vendor.certificate):
        yield ("certificate",), "must tell where the MAC stands where `certificate` is among the proofs, and only there"


def _listed_names(vendor: Vendor) -> set[str]:
    """The keys of `names` that parameters refer to."""
    mappings = chain.from_iterable(vendor.settings.values())
    constants = (*vendor.constants, *vendor.unused_lines, *vendor.unused_slots)
    used = chain(chain.from_iterable(mapping.to for mapping in mappings), (constant.to for constant in constants))
    return {place["key"] for name in used for place in LISTED.finditer(name)}


def _check_settings(vendor: Vendor) -> Iterator[Problem]:
    known = {**VOCABULARY, **LINE_VALUES, **(DECT_VALUES if vendor.type is DeviceType.DECT_BASE else {})}
    for path in known:
        if vendor.is_rendered and path not in vendor.settings:
            yield ("settings",), f"{path} is neither mapped nor said to be unsupported"
    for path, mappings in vendor.settings.items():
        if path not in known:
            yield ("settings", path), "is not a name of the vocabulary"
        for mapping in mappings:
            yield from ((("settings", path), reason) for reason in _check_mapping(vendor, mapping))
            yield from ((("settings", path), f"{key} is no value of it") for key in _strange_values(path, mapping))


def _strange_values(path: str, mapping: Mapping) -> list[str]:
    """Values in the mapping's table that the setting cannot have."""
    schema = VOCABULARY[path].schema if path in VOCABULARY else {}
    possible = schema.get("enum") or (("true", "false") if schema.get("type") == "boolean" else None)
    items = schema.get("items", {}).get("enum")
    strange = [value for value in mapping.values or () if possible and value not in possible]
    return strange + [item for item in (mapping.list.names if mapping.list else ()) if items and item not in items]


def _check_mapping(vendor: Vendor, mapping: Mapping) -> Iterator[str]:
    if mapping.convert and mapping.convert not in CONVERTERS:
        yield f"there is no converter {mapping.convert}; known are {', '.join(sorted(CONVERTERS))}"
    elif mapping.convert:
        yield from _check_arguments(vendor, mapping.convert, mapping.arguments)
    elif mapping.arguments:
        yield "arguments are for a converter, and there is none"
    if mapping.carried_by and mapping.carried_by not in vendor.settings:
        yield f"{mapping.carried_by}, which should carry it, is not mapped"


def _check_arguments(vendor: Vendor, name: str, arguments: dict[str, Any]) -> Iterator[str]:
    known = ARGUMENTS[name]
    yield from (f"{name} needs the argument {needed}" for needed in known.needs if needed not in arguments)
    yield from (f"{name} takes no argument {given}" for given in arguments if given not in (*known.needs, *known.takes))
    for argument in known.texts.keys() & arguments.keys():
        yield from (f"{argument}: {reason}" for reason in _strange_places(arguments[argument], known.texts[argument]))
    for argument in dict.fromkeys(("table", *known.zone_tables)):
        value = arguments.get(argument, ())
        for table in value if isinstance(value, list | tuple) else (value,):
            if table not in vendor.tables:
                yield f"there is no table {table} in this file"
            elif argument in known.zone_tables:
                strangers = [zone for zone in vendor.tables[table] if zone not in timezones()]
                yield from (f"{zone} of the table {table} is not an IANA time zone" for zone in strangers)


def _strange_places(text: Any, known: Sequence[str]) -> Iterator[str]:
    """Placeholders that the converter does not support."""
    try:
        places = [place for _, place, _, _ in Formatter().parse(str(text)) if place is not None]
    except ValueError as error:
        yield str(error)
        return
    yield from (f"{{{place}}} is none of {', '.join(known)}" for place in places if place not in known)


def _check_conditions(vendor: Vendor) -> Iterator[Problem]:
    names = {*vendor.models, *vendor.families}
    places = [(("settings", path), mapping) for path, maps in vendor.settings.items() for mapping in maps]
    constants = [
        ((key,), item) for key in ("constants", "unused_lines", "unused_slots") for item in getattr(vendor, key)
    ]
    for place, condition in (*places, *constants, *conditions_of(vendor)):
        for name in (*condition.only, *condition.excluding):
            if name not in names:
                yield place, f"{name} is neither a model nor a family of this file"
    for name in vendor.check_sync.exceptions:
        if name not in names:
            yield ("check_sync", "exceptions", name), f"{name} is neither a model nor a family of this file"
    for family, members in vendor.families.items():
        for name in members:
            if name not in vendor.models:
                yield ("families", family), f"{name} is not a model of this file"


def _check_spellings(vendor: Vendor) -> Iterator[Problem]:
    of_models = ({spelling.casefold() for spelling in (name, *model.also)} for name, model in vendor.models.items())
    for spelling in _repeated(chain.from_iterable(of_models)):
        yield ("models",), f"{spelling} is the spelling of more than one model"


def _repeated(items: Iterable[str]) -> Iterator[str]:
    return (item for item, count in Counter(items).items() if count > 1)


def _check_files(vendor: Vendor) -> Iterator[Problem]:
    rules = {rule.id for rule in vendor.files}
    yield from (
        (("files",), f"{rule_id} is the id of more than one rule") for rule_id in _repeated(r.id for r in vendor.files)
    )
    for index, rule in enumerate(vendor.files):
        elsewhere = rule.query or rule.by_agent
        if rule.scope == "device" and not elsewhere and not {"mac", "ipei"} & rule.pattern.groupindex.keys():
            yield (
                ("files", index),
                "a device's own file needs <mac> or <ipei> in its pattern, or query: true, or by_agent: true",
            )
        if rule.provisions and (rule.template is None or rule.scope != "device"):
            yield ("files", index), "only a device's own file with a template can provision"
    for name, model in vendor.models.items():
        for rule_id in model.files:
            if rule_id not in rules:
                yield ("models", name, "files", rule_id), "there is no such rule under files"


def _check_agents(vendor: Vendor) -> Iterator[Problem]:
    for index, rule in enumerate(vendor.user_agents):
        for example in rule.examples:
            match = rule.pattern.search(example.agent)
            groups = match.groupdict() if match else {}
            if match is None:
                yield ("user_agents", index), f"its example does not match: {example.agent}"
            elif (groups.get("model") or None) != example.model or (groups.get("firmware") or None) != example.firmware:
                yield ("user_agents", index), f"reads {groups} from its example {example.agent}"
            elif str(seen_mac(groups.get("mac") or "") or "") != str(seen_mac(example.mac or "") or ""):
                yield ("user_agents", index), f"reads the MAC {groups.get('mac')} from its example {example.agent}"
