"""Layer documents: validation and merge patches. Pure.

A document is `{"abstractions": {…}, "vendor_overrides": {…}}`. In a device's document raw parameters are flat; in those
of the platform and of accounts they are keyed by vendor. A patch has the same shape, with null to remove; the caller
has validated that shape, and that raw values are text, numbers or booleans.
"""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.errors import Impossible, Invalid
from provserver.domain.layers import merge_patch
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import check_abstractions
from provserver.services.settings.masking import refuse_masked_abstractions, refuse_masked_parameters

_LONGEST_RAW = 4000
_PARTS = ("abstractions", "vendor_overrides")
Document = dict[str, Any]


def patched_own(
    stored: Mapping[str, Any], patch: Mapping[str, Any] | None, vendor: Vendor | None, field: str
) -> Document:
    """A device's document after `patch`, validated.

    Raises `Invalid`, or `Impossible` for raw parameters without a vendor.
    """
    raw = (patch or {}).get("vendor_overrides") or {}
    prefix = f"{field}.vendor_overrides"
    if raw and vendor is None:
        reason = "cannot be set while the vendor is not known: pair the handset with a base first"
        raise Impossible(f"{prefix} {reason}", code="vendor_unknown", details={prefix: reason})
    if vendor is not None:
        _check_raw(raw, vendor, prefix)
    return _patched(stored, patch, field)


def patched_shared(stored: Mapping[str, Any], patch: Mapping[str, Any], catalogue: Catalogue) -> Document:
    """A platform or account document after `patch`, validated. Raises `Invalid`."""
    by_vendor: dict[str, Any] = {}
    for name, raw in (patch.get("vendor_overrides") or {}).items():
        prefix = f"vendor_overrides.{name}"
        vendor = catalogue.dialect_named(name)
        if vendor is None:
            reason = f"is not a vendor; known are {', '.join(sorted(catalogue.dialects))}"
            raise Invalid(f"{prefix} {reason}", details={prefix: reason})
        if raw is not None:
            _check_raw(raw, vendor, prefix)
        by_vendor[vendor.dialect] = raw
    if by_vendor:
        patch = {**patch, "vendor_overrides": by_vendor}
    return _patched(stored, patch, "")


def check_raw_names(raw: Mapping[str, Any], vendor: Vendor, field: str) -> None:
    """Raise `Invalid` for all names that do not match this vendor's parameter syntax."""
    wrong = [name for name in raw if not vendor.syntax.parameter_name.fullmatch(name)]
    if wrong:
        reason = f"is not a parameter name of {vendor.name}"
        details = {f"{field}.{name}": reason for name in wrong}
        raise Invalid(f"{next(iter(details))} {reason}", details=details)


def _patched(stored: Mapping[str, Any], patch: Mapping[str, Any] | None, field: str) -> Document:
    path = f"{field}.abstractions" if field else "abstractions"
    abstractions = (patch or {}).get("abstractions") or {}
    check_abstractions(abstractions, path)
    refuse_masked_abstractions(abstractions, path)
    merged = merge_patch(dict(stored), dict(patch)) if patch is not None else {}
    document = {part: _without_empty(merged.get(part) or {}) for part in _PARTS}
    check_abstractions(document["abstractions"], path)
    return document


def _without_empty(value: Any) -> Any:
    """Remove groups that have become empty, so that a cleared document is empty."""
    if not isinstance(value, dict):
        return value
    kept = {name: _without_empty(item) for name, item in value.items()}
    return {name: item for name, item in kept.items() if item != {}}


def _check_raw(raw: Mapping[str, Any], vendor: Vendor, field: str) -> None:
    check_raw_names(raw, vendor, field)
    for name, value in raw.items():
        _check_raw_value(value, f"{field}.{name}")
    refuse_masked_parameters(raw, vendor, field)


def _check_raw_value(value: Any, field: str) -> None:
    if not isinstance(value, str):
        return
    if len(value) > _LONGEST_RAW:
        raise _invalid(field, f"is longer than {_LONGEST_RAW} characters")
    if not value.isprintable():
        raise _invalid(field, "holds a character that cannot be printed")


def _invalid(field: str, reason: str) -> Invalid:
    return Invalid(f"{field} {reason}", details={field: reason})
