"""Which phones are simulated: real models of the catalogue, with the words and the files that each comes with. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from random import Random

from pydantic import BaseModel

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceType
from provserver.domain.errors import Invalid
from provserver.domain.file_rules import FileRule
from provserver.domain.mac import Mac
from provserver.domain.phone_signs import AgentExample
from provserver.domain.vendor import Vendor

_LOCAL_BLOCK = 0x02 << 40  # locally administered addresses: none of them is on a phone that somebody owns
_SUFFIX_BITS = 40


class AskedFile(BaseModel):
    """A file as the phone asks for it; `configures` where the phone cannot work without it."""

    name: str
    configures: bool


class SimulatedPhone(BaseModel):
    """One phone: who it is, how it calls itself and what it asks for when it boots, in this order."""

    mac: str
    vendor: str
    type: DeviceType
    model: str
    agent: str
    files: tuple[AskedFile, ...]


def fleet(catalogue: Catalogue, count: int, seed: int, vendors: Sequence[str] = ()) -> list[SimulatedPhone]:
    """`count` phones of mixed vendors; the same for the same seed. Raises `Invalid` for a vendor it cannot simulate.

    Of each vendor file those models take turns that its examples of User-Agents tell of: nothing is made up. The MAC
    addresses are locally administered, so that they are nobody's.
    """
    kinds = _kinds(catalogue, vendors)
    random = Random(seed)  # noqa: S311 - which phones are simulated is no secret
    first = random.getrandbits(_SUFFIX_BITS)
    return [
        _phone(*kinds[number % len(kinds)], Mac(f"{_LOCAL_BLOCK | (first + number) % (1 << _SUFFIX_BITS):012x}"))
        for number in range(count)
    ]


def _kinds(catalogue: Catalogue, vendors: Sequence[str]) -> list[tuple[Vendor, str, AgentExample]]:
    """The kinds of phone there are, the vendors taking turns, so that few phones are already of many vendors."""
    wanted = {_vendor_named(catalogue, name) for name in vendors}
    of_dialects = [
        list(_kinds_of(dialect)) for dialect in catalogue.dialects.values() if not wanted or dialect.vendor in wanted
    ]
    kinds = [kind for turn in zip_longest(*of_dialects) for kind in turn if kind]
    if not kinds:
        raise Invalid(f"no phone of {', '.join(vendors)} can be simulated: no User-Agent of theirs is known")
    return kinds


def _vendor_named(catalogue: Catalogue, name: str) -> str:
    vendor = catalogue.vendor_named(name)
    if vendor is None:
        raise Invalid(f"{name} is not a vendor; known are {', '.join(sorted(catalogue.by_vendor))}")
    return vendor


def _kinds_of(dialect: Vendor) -> Iterator[tuple[Vendor, str, AgentExample]]:
    for rule in dialect.user_agents:
        for example in rule.examples:
            model = dialect.model_named(example.model)
            if model and dialect.models[model].not_rendered is None and _boot_files(dialect, model):
                yield dialect, model, example


def _boot_files(dialect: Vendor, model: str) -> list[tuple[FileRule, str]]:
    """What this model asks for; nothing where none of it would configure it."""
    asked = list(dialect.rules_for(model))
    return asked if any(rule.provisions for rule, _ in asked) else []


def _phone(dialect: Vendor, model: str, example: AgentExample, mac: Mac) -> SimulatedPhone:
    return SimulatedPhone(
        mac=mac.bare,
        vendor=dialect.vendor,
        type=dialect.models[model].type,
        model=model,
        agent=agent_of(example, mac),
        files=tuple(
            AskedFile(name=mac.spelled_in(name), configures=bool(rule.provisions))
            for rule, name in _boot_files(dialect, model)
        ),
    )


def agent_of(example: AgentExample, mac: Mac) -> str:
    """The example's words with this MAC in place of its own, spelled alike: case and separators."""
    if example.mac is None:
        return example.agent
    digits = re.sub(r"[^0-9A-Fa-f]", "", example.mac)
    spelled = re.compile("[:.-]?".join(digits), re.IGNORECASE)
    return spelled.sub(lambda found: _spelled_like(found[0], mac), example.agent)


def _spelled_like(sample: str, mac: Mac) -> str:
    digits = iter(mac.bare if sample == sample.lower() else mac.upper)
    return "".join(next(digits) if letter.isalnum() else letter for letter in sample)
