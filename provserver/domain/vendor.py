"""The schema of `vendors/*.yaml`: everything the catalogue knows about one vendor.

The models validate the files, and the field descriptions are also the reference documentation of the format.
"""

from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from provserver.domain.device import DeviceType, MulticellRole
from provserver.domain.facts import Conditional, Evidence, Fact, Pattern, Refusal
from provserver.domain.file_rules import FileRule
from provserver.domain.key_codes import KeyCodes, KeyLayout
from provserver.domain.mappings import Constant, Mapping
from provserver.domain.models import Expansion, Model
from provserver.domain.phone_signs import AgentRule, HexPrefix, Prefix, SubjectRule

_POLLS = "provisioning.polling_interval"
_ENCRYPTS_NOTHING = {"unsupported": "files of these phones are not encrypted here; use https"}


class Syntax(Fact):
    """Syntax of the vendor's files. How values are escaped follows from the template's name (`.xml.j2` or not)."""

    parameter_name: Pattern = Field(description="Pattern of names in `vendor_overrides`")
    booleans: dict[Literal["true", "false"], str] = Field(description="How true and false are written")
    cannot_carry: tuple[Refusal, ...] = ()


class EventWording(Fact):
    """The Event header of a NOTIFY, without and with a reboot."""

    resync: str
    reboot: str


class CheckSync(EventWording):
    """How phones are told to fetch their configuration again."""

    exceptions: dict[str, EventWording] = Field(
        default_factory=dict, description="Models and families with other Event headers"
    )
    chain_account: bool = Field(
        default=False, description="Whether a data master also has an account named by its chain id"
    )


def _mappings(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


class Vendor(Fact):
    """One vendor file. A vendor may have several, each with its own dialect."""

    vendor: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The name used by the API")
    usual: bool = Field(default=False, description="Assumed for devices of this type whose model is not known yet")
    dialect: str = Field(default="", pattern=r"^[a-z0-9_]*$", description="Name of the file if the vendor has several")
    name: str
    aliases: tuple[str, ...] = Field(default=(), description="Other accepted names of the vendor")
    evidence: Evidence = Field(description="Reliability of all facts without their own `evidence`")
    registered: tuple[str, ...] = Field(
        default=(), description="Companies as registry.txt names them: all their blocks are this vendor's"
    )
    mac_prefixes: dict[HexPrefix, Prefix] = Field(
        default_factory=dict,
        description="Other blocks of MAC addresses, quoted lower-case hexadecimal, and those of which more is known",
    )
    user_agents: tuple[AgentRule, ...]
    syntax: Syntax
    files: tuple[FileRule, ...]
    families: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="Names for groups of models")
    models: dict[str, Model]
    unknown_model: Model = Field(description="Assumed until the phone has reported its model")
    settings: dict[str, Annotated[tuple[Mapping, ...], BeforeValidator(_mappings)]]
    constants: tuple[Constant, ...] = ()
    unused_lines: tuple[Constant, ...] = Field(default=(), description="Written for each line without a user")
    unused_slots: tuple[Constant, ...] = Field(default=(), description="Written for each slot without a handset")
    buttons: KeyCodes | None = Field(default=None, description="Programmable keys")
    no_buttons: str | None = Field(default=None, description="Why there are no programmable keys; instead of `buttons`")
    tables: dict[str, dict[str, str]] = Field(default_factory=dict, description="Value tables for converters")
    names: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Parameter names that follow no rule, by number: {line:key}, {slot:key} or {server:key} in a name "
        "is the entry of `key` for line, handset or server 1, 2, ...; beyond the last there is no parameter. In "
        "`buttons` an entry is chosen by a number of the key: {key:list}, {module:list}",
    )
    secret_parameters: tuple[Pattern, ...] = Field(default=(), description="Raw parameter names that contain secrets")
    check_sync: CheckSync
    proofs: tuple[str, ...] = Field(description="Proofs that these phones support")
    certificate: tuple[SubjectRule, ...] = Field(
        default=(), description="Where the subject of a factory certificate contains the MAC, for that proof"
    )
    pairing: str | None = Field(
        default=None, description="How handsets are paired with a base, if it does not identify them by IPEI"
    )

    @model_validator(mode="before")
    @classmethod
    def _encrypts_nothing_unless_said(cls, data: Any) -> Any:
        """Default `provisioning.encryption_key` to unsupported, as most phones cannot decrypt files."""
        if not isinstance(data, dict) or not isinstance(data.get("settings"), dict):
            return data
        return {**data, "settings": {"provisioning.encryption_key": _ENCRYPTS_NOTHING, **data["settings"]}}

    @model_validator(mode="before")
    @classmethod
    def _spreads_what_it_can(cls, data: Any) -> Any:
        """Derive `provisioning.polling_spread` from how the polling interval is written."""
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
        """The type of device that this file configures."""
        return self.unknown_model.type

    @property
    def is_rendered(self) -> bool:
        """Whether any model of this file gets configuration files."""
        return any(model.not_rendered is None for model in self.models.values())

    @cached_property
    def _spellings(self) -> dict[str, str]:
        names = {name.casefold(): name for name in self.models}
        return {**{also.casefold(): name for name, model in self.models.items() for also in model.also}, **names}

    @cached_property
    def worked_out(self) -> dict[Hashable, Any]:
        """Cache for data that others derive from this file alone."""
        return {}

    def model_named(self, spelling: str | None) -> str | None:
        """The catalogue's name of a model, given any known spelling; None if unknown."""
        return self._spellings.get(spelling.casefold()) if spelling else None

    def model_asking(self, rule_id: str, file: str) -> str | None:
        """The model that requests this file name under this rule, if it is the only one."""
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
        """The facts about a model; `unknown_model` if it is not in the catalogue."""
        return self.models.get(self.model_named(name) or "", self.unknown_model)

    def applies(self, condition: Mapping | Constant, model_name: str | None, role: MulticellRole | None = None) -> bool:
        """Whether `only`, `excluding`, `requires` and `roles` match.

        Conditions on models never match an unknown model.
        """
        return (not condition.roles or role in condition.roles) and self.fits(condition, model_name)

    def fits(self, condition: Conditional, model_name: str | None) -> bool:
        """Whether `only`, `excluding` and `requires` match."""
        groups = self._groups(model_name)
        if condition.only and not groups & set(condition.only):
            return False
        if groups & set(condition.excluding):
            return False
        return condition.requires is None or condition.requires in self.model(model_name).capabilities

    def key_layout(self, model_name: str | None) -> KeyLayout:
        """The programmable keys of this model."""
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
        """Cache of `key_layout`."""
        return {}

    def event_for(self, model_name: str | None, *, reboot: bool) -> str:
        """The Event header that makes this model fetch its configuration, and restart if `reboot`."""
        groups, exceptions = self._groups(model_name), self.check_sync.exceptions
        wording = next((exceptions[name] for name in exceptions if name in groups), self.check_sync)
        return wording.reboot if reboot else wording.resync

    def _groups(self, model_name: str | None) -> frozenset[str | None]:
        """The names that match this model in conditions: itself and its families."""
        name = self.model_named(model_name)
        if name not in self._groups_of:
            families = (family for family, members in self.families.items() if name in members)
            self._groups_of[name] = frozenset({name, *families})
        return self._groups_of[name]

    @cached_property
    def _groups_of(self) -> dict[str | None, frozenset[str | None]]:
        """Cache of `_groups`, which is called hundreds of times per file."""
        return {}

    def rules_for(self, model_name: str | None) -> Iterator[tuple[FileRule, str]]:
        """The rules whose file name is known for this model, with the name; {mac} and {MAC} are not filled in yet."""
        model = self.model(model_name)
        for rule in self.files:
            asked_as = model.files.get(rule.id) or rule.asked_as
            if asked_as and ("{model}" not in asked_as or model_name):
                yield rule, asked_as.replace("{model}", model_name or "")
