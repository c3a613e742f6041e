"""Determines type, vendor and model of a new device from the request, its MAC and the catalogue. Pure."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceType, MulticellRole, Origin
from provserver.domain.errors import Invalid
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A requested device; None for fields not given."""

    type: DeviceType | None = None
    mac: Mac | None = None
    ipei: str | None = None
    vendor: str | None = None
    model: str | None = None
    name: str | None = None
    location: str | None = None
    base_id: str | None = None
    multicell_role: MulticellRole | None = None
    data_master_id: str | None = None
    chain_id: str | None = None
    accepted_proofs: tuple[str, ...] | None = None
    button_template_id: str | None = None
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def vendor_source(self) -> Origin:
        """Whether the vendor is given, explicitly or by a model or raw parameters."""
        named = self.vendor or self.model or self.overrides.get("vendor_overrides")
        return Origin.NAMED if named else Origin.MAC_ADDRESS

    @property
    def type_source(self) -> Origin:
        """Whether the type is given, explicitly or by a model or a field that only bases have."""
        of_a_base = self.multicell_role or self.data_master_id or self.chain_id
        return Origin.NAMED if self.type or self.model or of_a_base else Origin.MAC_ADDRESS


@dataclass(frozen=True, slots=True)
class Kind:
    """The classification of a device. `vendor` is None for a handset whose vendor is unknown."""

    type: DeviceType
    vendor: str | None
    model: str | None


_FOREIGN_FIELDS = {
    DeviceType.DESKPHONE: ("ipei", "base_id", "multicell_role", "data_master_id", "chain_id"),
    DeviceType.DECT_BASE: ("ipei", "base_id"),
    DeviceType.DECT_HANDSET: (
        *("mac", "multicell_role", "data_master_id", "chain_id", "location"),
        "accepted_proofs",
    ),
}
_SPELLED = {"mac": "mac_address"}


def classify(catalogue: Catalogue, wish: Wish) -> Kind:
    """Determine type, vendor and model.

    Raises `Invalid` for a contradiction, or for a field that this type lacks or requires; with code
    `unsupported_vendor` if no vendor is found, `unknown_model` if the vendor has no such model, and `unsupported_model`
    for one that is recognised but cannot be configured.
    """
    block = catalogue.by_mac(wish.mac.bare) if wish.mac else None
    vendor = _vendor(catalogue, wish, block)
    told = wish.model or (
        catalogue.model_by_mac(wish.mac.bare) if wish.mac and block and block.vendor == vendor else None
    )
    kind = _type(catalogue, wish, vendor, told, block)
    for name in _FOREIGN_FIELDS[kind]:
        if getattr(wish, name) is not None:
            raise _invalid(_SPELLED.get(name, name), f"is not a field of a {kind.value}")
    if kind is DeviceType.DECT_HANDSET:
        if wish.ipei is None:
            raise _invalid("ipei", "is needed: a handset is known by it")
        return Kind(kind, vendor, wish.model)
    if wish.mac is None:
        raise _invalid("mac_address", f"is needed: a {kind.value} is known by it")
    if vendor is None:
        raise unsupported(catalogue, "mac_address", "belongs to no vendor known here; name the vendor")
    return Kind(kind, vendor, configurable_model(catalogue, vendor, kind, told))


def configurable_model(catalogue: Catalogue, vendor: str, kind: DeviceType, spelling: str | None) -> str | None:
    """The catalogue's name of a model that gets files. Raises `Invalid` like `classify`."""
    dialect = catalogue.dialect_for(vendor, kind, spelling)
    if dialect is None:
        raise unsupported(catalogue, "type", f"{kind.value} is not what is known of {vendor}")
    name = known_model(catalogue, vendor, kind, spelling)
    reason = dialect.models[name].not_rendered if name in dialect.models else None
    if reason is None and name is None and not dialect.is_rendered:
        reason = next(model.not_rendered for model in dialect.models.values() if model.not_rendered)
    if reason:
        text = f"{name or dialect.name} is recognised but cannot be configured: {reason}"
        raise Invalid(text, code="unsupported_model", details={"model": reason})
    return name


def unsupported(catalogue: Catalogue, where: str, reason: str) -> Invalid:
    """The error for a vendor that is not in the catalogue."""
    text = f"{reason} ({', '.join(sorted(catalogue.by_vendor))})"
    return Invalid(f"{where} {text}", code="unsupported_vendor", details={where: text})


def known_model(catalogue: Catalogue, vendor: str, kind: DeviceType, spelling: str | None) -> str | None:
    """The catalogue's name of a model of this type. Raises `Invalid` with code `unknown_model` and suggestions."""
    if spelling is None:
        return None
    dialects = [dialect for dialect in catalogue.dialects_of(vendor) if dialect.type is kind]
    name = next((name for dialect in dialects if (name := dialect.model_named(spelling))), None)
    if name:
        return name
    folded = {known.casefold(): known for dialect in dialects for known in dialect.models}
    close = [folded[match] for match in get_close_matches(spelling.casefold(), folded, n=3)] or list(folded.values())[
        :5
    ]
    reason = f"is no {kind.value} of {vendor} known here; did you mean {', '.join(close)}?"
    raise Invalid(f"model {reason}", code="unknown_model", details={"model": reason})


def _vendor(catalogue: Catalogue, wish: Wish, block: Vendor | None) -> str | None:
    if wish.vendor is None:
        return block.vendor if block else None
    vendor = catalogue.vendor_named(wish.vendor)
    if vendor is None:
        raise unsupported(catalogue, "vendor", "is not a vendor known here")
    return vendor


def _type(catalogue: Catalogue, wish: Wish, vendor: str | None, told: str | None, block: Vendor | None) -> DeviceType:
    """The type given; else that of the model; else by IPEI; else that of the MAC block."""
    dialects = catalogue.dialects_of(vendor)
    by_model = next((dialect.type for dialect in dialects if dialect.model_named(told)), None)
    if wish.type is not None:
        if by_model is not None and by_model is not wish.type and wish.type is not DeviceType.DECT_HANDSET:
            of = f"the model: {told}" if wish.model else f"the MAC address, which is of a {told}; that"
            raise _invalid("type", f"contradicts {of} is a {by_model.value}")
        return wish.type
    if by_model is not None:
        return by_model
    if wish.ipei is not None and wish.mac is None:
        return DeviceType.DECT_HANDSET
    if block is not None and block.vendor == vendor:
        return block.type
    return dialects[0].type if dialects else DeviceType.DESKPHONE


def _invalid(field_name: str, reason: str) -> Invalid:
    return Invalid(f"{field_name} {reason}", details={field_name: reason})
