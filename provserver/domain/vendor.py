"""What the catalogue knows of vendors: the shape of `vendors/*.yaml`, frozen and cross-checked at start.

The models validate the files, so the field descriptions here are also the reference of the format.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from provserver.domain.device import Device, DeviceType, MulticellRole
from provserver.domain.facts import Conditional, Evidence, Fact, Pattern, Refusal
from provserver.domain.key_codes import KeyCodes, KeyLayout
from provserver.domain.patterns import PatternIndex

HexPrefix = Annotated[str, Field(pattern=r"^[0-9a-f]{6,11}$")]

_POLLS = "provisioning.polling_interval"
_ENCRYPTS_NOTHING = {"unsupported": "files of these phones are not encrypted here; use https"}


class AgentExample(Fact):
    """A User-Agent as seen, with what must be read from it; every example is checked at start."""

    agent: str
    model: str | None = None
    firmware: str | None = None
    mac: str | None = None


class AgentRule(Fact):
    """How this vendor's phones call themselves: a pattern with the groups `model`, `firmware` and `mac`."""

    pattern: Pattern
    examples: tuple[AgentExample, ...] = ()


class SubjectRule(Fact):
    """Where the subject of a factory certificate holds the MAC; the pattern must fit the attribute's whole value."""

    attribute: Literal["CN", "serialNumber", "OU", "O", "L", "ST"] = "CN"
    pattern: Pattern = Field(description="With `<mac>` for the MAC: `<mac>` alone, or `(?:.* )?MAC:<mac>(?: .*)?`")

    @model_validator(mode="after")
    def _names_a_mac(self) -> "SubjectRule":
        if "mac" not in self.pattern.groupindex:
            raise ValueError("the pattern must hold <mac>: a certificate that many phones share proves nothing")
        return self


class FileRule(Fact):
    """One kind of file that phones ask for."""

    id: str = Field(description="Name of the rule inside this file")
    pattern: Pattern = Field(description="Matched against the whole path; groups `mac` (or `<mac>`) and `model`")
    query: bool = Field(default=False, description="The MAC stands in the query (`?mac=`), not in the path")
    by_agent: bool = Field(default=False, description="The MAC stands in the User-Agent, not in the path")
    roles: tuple[MulticellRole, ...] = Field(default=(), description="Roles of a base that get it; absent: all")
    scope: Literal["device", "common"] = Field(description="`device` needs a proof; `common` is the same for everyone")
    template: str | None = Field(default=None, description="Template below templates/<vendor>/; absent: answered 404")
    content_type: str = "text/plain; charset=utf-8"
    provisions: bool = Field(default=False, description="Fetching it makes the device provisioned")
    asked_as: str | None = Field(
        default=None, description="How phones spell it: {mac}, {MAC}, {mac_}, {model}; absent: from the model's `files`"
    )
    encryption: Literal["aes_ecb", "openssl_md5", "openssl_sha256"] | None = Field(
        default=None,
        description="How it is encrypted for a device with `provisioning.encryption_key`; absent: it never is",
    )
    meaning: str = Field(default="", description="What it is for; where there is no template, why not")


class Expansion(Fact):
    """Expansion modules: how many, and the keys of each."""

    modules: int = 0
    keys: int = 0


class Model(Fact):
    """One model. A count that is not given is unknown."""

    lines: int | None = Field(default=None, ge=0, description="Line appearances that can register")
    keys: int | None = Field(default=None, ge=0, description="Programmable keys on the phone, all pages")
    areas: dict[str, int] = Field(
        default_factory=dict,
        description="How many of them are in which of `buttons.areas`; written as `keys: {area: number}`. Absent: they "
        "fill the areas in turn",
    )
    softkeys: int | None = Field(default=None, ge=0)
    handsets: int | None = Field(default=None, ge=0, description="Handsets that a DECT base or system takes")
    cells: int | None = Field(default=None, ge=1, description="Bases of one multicell system; 1: no multicell")
    lines_per_handset: int | None = Field(default=None, ge=1, description="Users that one handset can have")
    expansion: Expansion | None = None
    also: tuple[str, ...] = Field(default=(), description="Other spellings in User-Agents and file names")
    type: DeviceType = DeviceType.DESKPHONE
    capabilities: frozenset[str] = Field(default=frozenset(), description="Free words that `requires` asks for")
    not_rendered: str | None = Field(default=None, description="Why this model is only recognised, never configured")
    files: dict[str, str] = Field(default_factory=dict, description="Rule id -> the file name this model asks for")

    @model_validator(mode="before")
    @classmethod
    def _keys_of_areas(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("keys"), dict):
            areas = data["keys"]
            if all(isinstance(count, int) for count in areas.values()):
                return {**data, "areas": areas, "keys": sum(areas.values())}
        return data


class ListSpelling(Fact):
    """How a list becomes parameters: joined in one value, or one group of parameters per item."""

    names: dict[str, str] = Field(description="Item -> the vendor's name; an item without one cannot be expressed")
    to: str | None = Field(default=None, description="Parameter of the joined list")
    join: str | None = None
    after: tuple[str, ...] = Field(default=(), description="Names always added at the end of the joined list")
    chosen: dict[str, str] = Field(
        default_factory=dict,
        description="Parameters per chosen item: {item}, {position} from 1 on, {falling} from 255 down",
    )
    others: dict[str, str] = Field(default_factory=dict, description="Parameters per item that was not chosen: {item}")


class Mapping(Conditional):
    """What one setting becomes."""

    to: tuple[str, ...] = Field(
        default=(),
        description="Parameter names. {line} and {line0} repeat it for each line, {slot}, {slot0}, {ipei} and {IPEI} "
        "for each handset, {server} and {server0} for each SIP server, {cell}, {cell0} and {cell_mac} for each base; "
        "what belongs to a line also knows {handset_line}, which line of its handset it is",
    )
    values: dict[str, str] | None = Field(default=None, description="Value -> spelling; others cannot be expressed")
    convert: str | None = Field(default=None, description="Named converter, for what a table cannot say")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Given to the converter")
    list: ListSpelling | None = None
    carried_by: str | None = Field(default=None, description="The setting whose parameter holds this one as well")
    unsupported: str | None = Field(default=None, description="Why this vendor cannot express it")
    roles: tuple[MulticellRole, ...] = Field(default=(), description="Roles of a base that get it; absent: all")
    whole: bool = Field(default=False, description="Where this one cannot be spelled, the setting's others are not")
    section: str = "settings"
    attributes: dict[str, str] = Field(default_factory=dict, description="Handed to the template with the parameter")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"to": (data,)}
        if isinstance(data, dict) and isinstance(data.get("to"), str):
            return {**data, "to": (data["to"],)}
        return data

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Mapping":
        said = [bool(self.to), self.list is not None, self.carried_by is not None, self.unsupported is not None]
        if sum(said) != 1:
            raise ValueError("must say exactly one of: to, list, carried_by, unsupported")
        return self


class Constant(Conditional):
    """A parameter that is always written."""

    to: str = Field(description="Parameter name; the places of `settings` repeat it")
    value: str = Field(description="The value; the same places and {mac} are replaced")
    why: str = ""
    roles: tuple[MulticellRole, ...] = ()
    section: str = "settings"
    attributes: dict[str, str] = Field(default_factory=dict)


class Syntax(Fact):
    """The vendor's dialect. How values are escaped follows from the template's name (`.xml.j2` or not)."""

    parameter_name: Pattern = Field(description="What a name in `vendor_overrides` must look like")
    booleans: dict[Literal["true", "false"], str] = Field(description="How true and false are spelled")
    cannot_carry: tuple[Refusal, ...] = ()


class EventWording(Fact):
    """The Event header of a NOTIFY, without and with reboot."""

    resync: str
    reboot: str


class CheckSync(EventWording):
    """How phones are told to fetch anew."""

    exceptions: dict[str, EventWording] = Field(
        default_factory=dict, description="Models and families that want other words"
    )
    chain_account: bool = Field(
        default=False, description="A data master answers to an account named by its chain id, beside those of handsets"
    )


def _mappings(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class Prefix(Fact):
    """A block of MAC addresses; `model`, where all of it is of one."""

    model: str | None = None
    shared: bool = Field(
        default=False,
        description="Phones of this vendor are made by the one whose block it is: a device is taken for one of theirs "
        "until its phone tells by its User-Agent that it is one of this",
    )


class Vendor(Fact):
    """One vendor file: one dialect of a vendor, who may have others in files of their own."""

    vendor: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The name the API uses")
    usual: bool = Field(default=False, description="Assumed for devices of this type whose model is not known yet")
    dialect: str = Field(
        default="", pattern=r"^[a-z0-9_]*$", description="Name of the file where the vendor has more than one"
    )
    name: str
    aliases: tuple[str, ...] = Field(default=(), description="Other names that `vendor` is accepted under")
    evidence: Evidence = Field(description="How well the facts are known that say nothing themselves")
    mac_prefixes: dict[HexPrefix, Prefix] = Field(description="Blocks of MAC addresses, quoted lower-case hexadecimal")
    user_agents: tuple[AgentRule, ...]
    syntax: Syntax
    files: tuple[FileRule, ...]
    families: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Names for groups of models")
    models: dict[str, Model]
    unknown_model: Model = Field(description="What is assumed until the phone has told its model")
    settings: dict[str, Annotated[tuple[Mapping, ...], BeforeValidator(_mappings)]]
    constants: tuple[Constant, ...] = ()
    unused_lines: tuple[Constant, ...] = Field(default=(), description="Written for each line without a user")
    unused_slots: tuple[Constant, ...] = Field(default=(), description="Written for each slot without a handset")
    buttons: KeyCodes | None = Field(default=None, description="Programmable keys")
    no_buttons: str | None = Field(default=None, description="Why there are no programmable keys; instead of `buttons`")
    tables: dict[str, dict[str, str]] = Field(default_factory=dict, description="Value tables converters name")
    names: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Parameter names that follow no rule, by number: {line:key}, {slot:key} or {server:key} in a name "
        "is the entry of `key` for line, handset or server 1, 2, ...; beyond the last there is no parameter. In "
        "`buttons` an entry is chosen by a number of the key: {key:list}, {module:list}",
    )
    secret_parameters: tuple[Pattern, ...] = Field(default=(), description="Raw parameter names that hold secrets")
    check_sync: CheckSync
    proofs: tuple[str, ...] = Field(description="Proofs that these phones can carry")
    certificate: tuple[SubjectRule, ...] = Field(
        default=(), description="How the subject of a factory client certificate tells the MAC; for that proof"
    )
    pairing: str | None = Field(
        default=None, description="How handsets are paired with a base, where it does not know them by their IPEI"
    )

    @model_validator(mode="before")
    @classmethod
    def _encrypts_nothing_unless_said(cls, data: Any) -> Any:
        """Most vendors' phones decrypt nothing; theirs need not say so."""
        if not isinstance(data, dict) or not isinstance(data.get("settings"), dict):
            return data
        return {**data, "settings": {"provisioning.encryption_key": _ENCRYPTS_NOTHING, **data["settings"]}}

    @model_validator(mode="before")
    @classmethod
    def _spreads_what_it_can(cls, data: Any) -> Any:
        """Whether polls can be spread follows from how their interval is written, so no file need say it."""
        settings = data.get("settings") if isinstance(data, dict) else None
        if not isinstance(settings, dict):
            return data
        written = settings.get(_POLLS)
        spreads = any(isinstance(one, dict) and one.get("convert") == "spread" for one in _mappings(written))
        told = {"carried_by": _POLLS} if spreads else {"unsupported": "when these phones ask cannot be told so exactly"}
        return {**data, "settings": {"provisioning.polling_spread": told, **settings}}

    @model_validator(mode="before")
    @classmethod
    def _named_dialect(cls, data: Any) -> Any:
        return {"dialect": data.get("vendor", ""), **data} if isinstance(data, dict) else data

    @property
    def type(self) -> DeviceType:
        """The type of device that this file is about."""
        return self.unknown_model.type

    @property
    def is_rendered(self) -> bool:
        """Whether any model of this file gets files at all."""
        return any(model.not_rendered is None for model in self.models.values())

    @cached_property
    def _spellings(self) -> dict[str, str]:
        names = {name.casefold(): name for name in self.models}
        return {**{also.casefold(): name for name, model in self.models.items() for also in model.also}, **names}

    @cached_property
    def device_types(self) -> frozenset[DeviceType]:
        """The types of device that this file's files are for."""
        return frozenset(model.type for model in self.models.values())

    def model_named(self, spelling: str | None) -> str | None:
        """The catalogue's name of a model as a phone or a person spells it; None where it is not known."""
        return self._spellings.get(spelling.casefold()) if spelling else None

    def model_asking(self, rule_id: str, file: str) -> str | None:
        """The model whose name for the file of a rule this is, where it is the only one."""
        return self._asking.get((rule_id, file.casefold()))

    @cached_property
    def _asking(self) -> dict[tuple[str, str], str | None]:
        asking: dict[tuple[str, str], str | None] = {}
        for name, model in self.models.items():
            for rule_id, file in model.files.items():
                key = rule_id, file.casefold()
                asking[key] = None if key in asking else name
        return asking

    def model(self, name: str | None) -> Model:
        """The model's facts; `unknown_model` for one that the catalogue does not have."""
        return self.models.get(self.model_named(name) or "", self.unknown_model)

    def applies(self, condition: Mapping | Constant, model_name: str | None, role: MulticellRole | None = None) -> bool:
        """Whether `only`, `excluding`, `requires` and `roles` let it stand; an unknown model gets no special."""
        return (not condition.roles or role in condition.roles) and self.fits(condition, model_name)

    def fits(self, condition: Conditional, model_name: str | None) -> bool:
        """Whether `only`, `excluding` and `requires` let it stand."""
        groups = self._groups(model_name)
        if condition.only and not groups & set(condition.only):
            return False
        if groups & set(condition.excluding):
            return False
        return condition.requires is None or condition.requires in self.model(model_name).capabilities

    def key_layout(self, model_name: str | None) -> KeyLayout:
        """Where the programmable keys of this model are."""
        name = self.model_named(model_name)
        if name not in self._layouts:
            areas = self.buttons.areas if self.buttons else {}
            fitting = {area_name: area for area_name, area in areas.items() if self.fits(area, name)}
            model = self.model(name)
            expansion = model.expansion or Expansion()
            beside = expansion.modules, expansion.keys, model.softkeys or 0
            self._layouts[name] = KeyLayout(fitting, model.keys, model.areas, *beside)
        return self._layouts[name]

    @cached_property
    def _layouts(self) -> dict[str | None, KeyLayout]:
        """What `key_layout` has found."""
        return {}

    def event_for(self, model_name: str | None, *, reboot: bool) -> str:
        """The Event header that makes this model fetch its configuration, `reboot` or not."""
        groups, exceptions = self._groups(model_name), self.check_sync.exceptions
        wording = next((exceptions[name] for name in exceptions if name in groups), self.check_sync)
        return wording.reboot if reboot else wording.resync

    def _groups(self, model_name: str | None) -> frozenset[str | None]:
        """The model and the families it is in, as conditions name them."""
        name = self.model_named(model_name)
        if name not in self._groups_of:
            families = (family for family, members in self.families.items() if name in members)
            self._groups_of[name] = frozenset({name, *families})
        return self._groups_of[name]

    @cached_property
    def _groups_of(self) -> dict[str | None, frozenset[str | None]]:
        """What `_groups` has found; every file asks hundreds of times."""
        return {}

    def rules_for(self, model_name: str | None) -> Iterator[tuple[FileRule, str]]:
        """The rules whose file name is known for this model, with that name still holding {mac} and {MAC}."""
        model = self.model(model_name)
        for rule in self.files:
            asked_as = model.files.get(rule.id) or rule.asked_as
            if asked_as and ("{model}" not in asked_as or model_name):
                yield rule, asked_as.replace("{model}", model_name or "")


class Askers:
    """Whose rules have one and the same pattern: phones of many vendors ask for `<mac>.cfg`."""

    def __init__(self, asking: Sequence[tuple[int, Vendor, FileRule]]) -> None:
        self.all = tuple(asking)
        self.common = tuple(one for one in asking if one[2].scope == "common")
        self.by_query_alone = all(rule.query for _, _, rule in asking)
        self.by_dialect: dict[str, list[tuple[int, Vendor, FileRule]]] = {}
        self.by_vendor: dict[str, list[tuple[int, Vendor, FileRule]]] = {}
        for one in asking:
            self.by_dialect.setdefault(one[1].dialect, []).append(one)
            self.by_vendor.setdefault(one[1].vendor, []).append(one)


def _askers(dialects: Iterable[Vendor]) -> list[tuple[re.Pattern[str], Askers]]:
    """Every pattern of a file name once, with those whose it is in the order of all."""
    rules = ((one, rule) for one in dialects for rule in one.files)
    asking: dict[re.Pattern[str], list[tuple[int, Vendor, FileRule]]] = {}
    for place, (one, rule) in enumerate(rules):
        asking.setdefault(rule.pattern, []).append((place, one, rule))
    return [(pattern, Askers(found)) for pattern, found in asking.items()]


class Catalogue:
    """All vendors, ready to be asked. `digest` changes with anything a rendered file could depend on.

    `dialects` are the vendor files by name; a vendor with desk phones and DECT systems has several.
    """

    def __init__(self, dialects: dict[str, Vendor], digest: str) -> None:
        self.dialects = dialects
        self.digest = digest
        blocks = [(one, *block) for one in dialects.values() for block in one.mac_prefixes.items()]
        owned_last = sorted(blocks, key=lambda block: not block[2].shared)
        self._prefixes = {prefix: dialect for dialect, prefix, _ in owned_last}
        self._vendors: dict[str, set[str]] = {}
        for one, prefix, _ in blocks:
            self._vendors.setdefault(prefix, set()).add(one.vendor)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes}, reverse=True)
        self.subject_rules = tuple({rule for dialect in dialects.values() for rule in dialect.certificate})
        self.by_vendor: dict[str, list[Vendor]] = {}
        ordered = sorted(dialects.values(), key=lambda one: (one.dialect != one.vendor, not one.usual, one.dialect))
        for dialect in ordered:
            self.by_vendor.setdefault(dialect.vendor, []).append(dialect)
        self._names = {
            alias.casefold(): one.vendor for one in dialects.values() for alias in (one.vendor, *one.aliases)
        }

        self.file_patterns = PatternIndex(_askers(dialects.values()), whole=True)
        self.agent_patterns = PatternIndex(
            [(rule.pattern, one) for one in dialects.values() for rule in one.user_agents], whole=False
        )

    def vendor_named(self, name: str | None) -> str | None:
        """The vendor's name as the API spells it, by name or alias in any case."""
        return self._names.get(name.casefold()) if name else None

    def dialects_of(self, name: str | None) -> list[Vendor]:
        """All files of a vendor, by its name or an alias; that of its own name first."""
        return self.by_vendor.get(self.vendor_named(name) or "", [])

    def dialect_named(self, name: str) -> Vendor | None:
        """The vendor file of that name; for a vendor's name or alias its first."""
        return self.dialects.get(name.casefold()) or next(iter(self.dialects_of(name)), None)

    def dialect_of(self, device: Device) -> Vendor | None:
        """The file that says how a device, or the base of a handset, is configured."""
        if device.type is DeviceType.DECT_HANDSET:
            return self.dialect_for(device.vendor, DeviceType.DECT_BASE, None)
        if device.model is None and device.mac:
            block = self.by_mac(device.mac.bare)
            if block and (block.vendor, block.type) == (device.vendor, device.type):
                return block
        return self.dialect_for(device.vendor, device.type, device.model)

    def dialect_for(self, vendor: str | None, kind: DeviceType, model: str | None) -> Vendor | None:
        """The file that says how a device of this vendor, type and model is configured, if any does."""
        fitting = [dialect for dialect in self.dialects_of(vendor) if dialect.type is kind]
        return next((dialect for dialect in fitting if dialect.model_named(model)), next(iter(fitting), None))

    def by_mac(self, bare_mac: str) -> Vendor | None:
        """The file whose block holds this MAC; the longest prefix wins."""
        for length in self._lengths:
            dialect = self._prefixes.get(bare_mac[:length])
            if dialect:
                return dialect
        return None

    def may_share(self, bare_mac: str, *vendors: str) -> bool:
        """Whether all these vendors have a block with this MAC; anybody may, where it is in none that is known."""
        having = [self._vendors.get(bare_mac[:length], set()) for length in self._lengths]
        return not any(having) or set().union(*having).issuperset(vendors)

    def model_by_mac(self, bare_mac: str) -> str | None:
        """The model, where its block of MAC addresses is of one model."""
        for length in self._lengths:
            dialect = self._prefixes.get(bare_mac[:length])
            if dialect:
                return dialect.mac_prefixes[bare_mac[:length]].model
        return None
