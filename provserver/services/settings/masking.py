"""Masks secrets in responses, and refuses the mask as a value."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.errors import Invalid
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import SECRETS, flatten, nest
from provserver.rendering.parameters import is_secret

MASK = "********"


def masked_abstractions(abstractions: Mapping[str, Any]) -> dict[str, Any]:
    """Nested abstractions with secrets masked."""
    flat = flatten(dict(abstractions))
    return nest({path: MASK if path in SECRETS else value for path, value in flat.items()})


def masked_parameters(raw: Mapping[str, Any], vendor: Vendor | None) -> dict[str, Any]:
    """Raw parameters with secrets masked; without a vendor file all are masked."""
    return {name: MASK if vendor is None or is_secret(name, vendor) else value for name, value in raw.items()}


def masked_own(document: Mapping[str, Any], vendor: Vendor | None) -> dict[str, Any]:
    """A device's layer document (flat `vendor_overrides`) with secrets masked."""
    return {
        "abstractions": masked_abstractions(document.get("abstractions") or {}),
        "vendor_overrides": masked_parameters(document.get("vendor_overrides") or {}, vendor),
    }


def masked_shared(document: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A platform or account layer document (`vendor_overrides` by vendor) with secrets masked."""
    by_vendor = document.get("vendor_overrides") or {}
    return {
        "abstractions": masked_abstractions(document.get("abstractions") or {}),
        "vendor_overrides": {
            name: masked_parameters(raw, catalogue.dialect_named(name)) for name, raw in sorted(by_vendor.items())
        },
    }


def refuse_masked_abstractions(abstractions: Mapping[str, Any], field: str) -> None:
    """Raise `Invalid` if a secret is set to the mask."""
    _refuse(
        f"{field}.{path}" for path, value in flatten(dict(abstractions)).items() if path in SECRETS and value == MASK
    )


def refuse_masked_parameters(raw: Mapping[str, Any], vendor: Vendor, field: str) -> None:
    """Raise `Invalid` if a secret raw parameter is set to the mask."""
    _refuse(f"{field}.{name}" for name, value in raw.items() if value == MASK and is_secret(name, vendor))


def _refuse(fields: Any) -> None:
    details = dict.fromkeys(fields, "is the mask of a secret, not a secret; leave it out to keep what is stored")
    if details:
        raise Invalid(f"{', '.join(details)}: the mask cannot be stored; leave it out", details=details)
