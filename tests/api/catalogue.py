"""A vendor that only exists here."""

import re

from provserver.domain.device import DeviceType
from provserver.domain.facts import Refusal
from provserver.domain.models import Model
from provserver.domain.phone_signs import Prefix
from provserver.domain.vendor import Vendor


def acme(phones: Vendor, bases: Vendor) -> dict[str, Vendor]:
    """A vendor of phones under the prefix 02:00:01 and of DECT bases, otherwise like these."""
    of_phones = {
        "mac_prefixes": {"020001": Prefix()},
        "models": {"A1": Model(lines=2, also=("Acme-1",)), "A9": Model(lines=16)},
        "unknown_model": Model(lines=6),
    }
    of_bases = {
        "mac_prefixes": {"0200017": Prefix(model="B2")},
        "models": {
            "B2": Model(type=DeviceType.DECT_BASE, handsets=2, lines=3, lines_per_handset=2, cells=1),
            "B3": Model(type=DeviceType.DECT_BASE, handsets=2, lines=2, lines_per_handset=1, cells=3),
            "B9": Model(type=DeviceType.DECT_BASE, handsets=90, lines=90, lines_per_handset=2, cells=3),
            "B0": Model(type=DeviceType.DECT_BASE, not_rendered="nobody has told how its files look"),
        },
        "unknown_model": Model(type=DeviceType.DECT_BASE),
    }
    return {"acme": _made("acme", phones, of_phones), "acme_dect": _made("acme_dect", bases, of_bases)}


def _made(dialect: str, like: Vendor, changes: dict[str, object]) -> Vendor:
    facts = {name: getattr(like, name) for name in Vendor.model_fields}
    refusal = Refusal(pattern=re.compile("%"), why="holds a percent sign")
    facts |= {
        "vendor": "acme",
        "dialect": dialect,
        "usual": False,
        "name": "Acme",
        "aliases": ("acme telephones",),
        "families": {},
        "syntax": like.syntax.model_copy(update={"cannot_carry": (refusal,)}),
    }
    return Vendor.model_construct(**facts | changes)
