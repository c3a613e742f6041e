"""The simulated phones: real models from the catalogue, with their User-Agents and files. Pure."""

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

_LOCAL_BLOCK = 0x02 << 40  # locally administered MACs, which no real phone has
_SUFFIX_BITS = 40


class AskedFile(BaseModel):
    """A file as the phone requests it. `configures`: the phone cannot work without it."""

    name: str
    configures: bool


class SimulatedPhone(BaseModel):
    """One phone: its identity, its User-Agent, and the files it requests when it boots, in order."""

    mac: str
    vendor: str
    type: DeviceType
    model: str
    agent: str
    files: tuple[AskedFile, ...]


def fleet(catalogue: Catalogue, count: int, seed: int, vendors: Sequence[str] = ()) -> list[SimulatedPhone]:
    """`count` phones of mixed vendors, deterministic for a seed.

    Raises `Invalid` for a vendor that cannot be simulated.

    The models of each vendor file are those in its User-Agent examples, so nothing is invented. MACs are locally
    administered, so that they belong to nobody.
    """
    kinds = _kinds(catalogue, vendors)
    random = Random(seed)  # noqa: S311 - not a secret
    first = random.getrandbits(_SUFFIX_BITS)
    return [
        _phone(*kinds[number % len(kinds)], Mac(f"{_LOCAL_BLOCK | (first + number) % (1 << _SUFFIX_BITS):012x}"))
        for number in range(count)
    ]


def _kinds(catalogue: Catalogue, vendors: Sequence[str]) -> list[tuple[Vendor, str, AgentExample]]:
    """All kinds of phones, alternating between vendors, so that a small fleet has many vendors."""
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
    """The files that this model requests; empty if none of them would configure it."""
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
    """The example's User-Agent with this MAC instead, in the same notation."""
    if example.mac is None:
        return example.agent
    digits = re.sub(r"[^0-9A-Fa-f]", "", example.mac)
    spelled = re.compile("[:.-]?".join(digits), re.IGNORECASE)
    return spelled.sub(lambda found: _spelled_like(found[0], mac), example.agent)


def _spelled_like(sample: str, mac: Mac) -> str:
    digits = iter(mac.bare if sample == sample.lower() else mac.upper)
    return "".join(next(digits) if letter.isalnum() else letter for letter in sample)
