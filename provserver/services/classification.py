"""What a new device is: its type, vendor and model from what was said, its MAC and the catalogue. Pure."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from provserver.domain.device import DeviceType, MulticellRole
from provserver.domain.errors import Invalid
from provserver.domain.mac import Mac
from provserver.domain.vendor import Catalogue, Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A device as it was asked for; None where nothing was said."""

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
    overrides: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a device is. `vendor` is None for a handset of which nothing is known yet."""

    type: DeviceType
    vendor: Vendor | None
    model: str | None


_FOREIGN_FIELDS = {
    DeviceType.DESKPHONE: ("ipei", "base_id", "multicell_role", "data_master_id"),
    DeviceType.DECT_BASE: ("ipei", "base_id"),
    DeviceType.DECT_HANDSET: ("mac", "multicell_role", "data_master_id", "location"),
}
_SPELLED = {"mac": "mac_address"}


def classify(catalogue: Catalogue, wish: Wish) -> Kind:
    """Decide type, vendor and model.

    Raises `Invalid`: for a contradiction, for a field that this type does not have or lacks, with code
    `unsupported_vendor` where no vendor is found, with code `unknown_model` for a model the vendor does not have.
    """
    vendor = _vendor(catalogue, wish)
    model_type = vendor.models[name].type if vendor and (name := vendor.model_named(wish.model)) else None
    kind = wish.type or model_type or _by_identity(wish, vendor)
    if model_type is not None and kind is not model_type:
        raise _invalid("type", f"contradicts the model: {wish.model} is a {model_type.value}")
    for name in _FOREIGN_FIELDS[kind]:
        if getattr(wish, name) is not None:
            raise _invalid(_SPELLED.get(name, name), f"is not a field of a {kind.value}")
    if kind is DeviceType.DECT_HANDSET:
        if wish.ipei is None:
            raise _invalid("ipei", "is needed: a handset is known by it")
    elif wish.mac is None:
        raise _invalid("mac_address", f"is needed: a {kind.value} is known by it")
    elif vendor is None:
        raise unsupported(catalogue, "mac_address", "belongs to no vendor known here; name the vendor")
    return Kind(kind, vendor, known_model(vendor, wish.model, kind))


def unsupported(catalogue: Catalogue, where: str, reason: str) -> Invalid:
    """The refusal of a vendor that the catalogue does not have."""
    text = f"{reason} ({', '.join(sorted(catalogue.vendors))})"
    return Invalid(f"{where} {text}", code="unsupported_vendor", details={where: text})


def known_model(vendor: Vendor | None, spelling: str | None, kind: DeviceType) -> str | None:
    """The catalogue's name of a model; as it is where the catalogue has no models of this type for the vendor.

    Raises `Invalid` with code `unknown_model` and close matches.
    """
    if spelling is None or vendor is None:
        return spelling
    names = [name for name, model in vendor.models.items() if model.type is kind]
    name = vendor.model_named(spelling)
    if name in names:
        return name
    if not names:
        return spelling
    folded = {known.casefold(): known for known in names}
    close = [folded[match] for match in get_close_matches(spelling.casefold(), folded, n=3)] or names[:5]
    reason = f"is no {kind.value} of {vendor.name} known here; did you mean {', '.join(close)}?"
    raise Invalid(f"model {reason}", code="unknown_model", details={"model": reason})


def _vendor(catalogue: Catalogue, wish: Wish) -> Vendor | None:
    if wish.vendor is not None:
        vendor = catalogue.named(wish.vendor)
        if vendor is None:
            raise unsupported(catalogue, "vendor", "is not a vendor known here")
        return vendor
    return catalogue.by_mac(wish.mac.bare) if wish.mac else None


def _by_identity(wish: Wish, vendor: Vendor | None) -> DeviceType:
    """The type where neither it nor a known model was said: by IPEI, or where all models of the vendor are of one."""
    if wish.ipei is not None and wish.mac is None:
        return DeviceType.DECT_HANDSET
    if vendor is None:
        return DeviceType.DESKPHONE
    kinds = {model.type for model in vendor.models.values()} - {DeviceType.DECT_HANDSET} or {vendor.unknown_model.type}
    if len(kinds) > 1:
        options = ", ".join(sorted(kind.value for kind in kinds))
        raise _invalid("type", f"is needed: {vendor.name} makes more than one ({options}) under this MAC prefix")
    return kinds.pop()


def _invalid(field_name: str, reason: str) -> Invalid:
    return Invalid(f"{field_name} {reason}", details={field_name: reason})
