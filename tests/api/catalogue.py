"""A vendor that only exists here."""

import re

from provserver.domain.device import DeviceType
from provserver.domain.vendor import Fact, Model, Refusal, Vendor


def acme(like: Vendor) -> Vendor:
    """A vendor of phones and DECT bases under the prefix 02:00:01, otherwise as `like`."""
    facts = {name: getattr(like, name) for name in Vendor.model_fields}
    facts |= {
        "vendor": "acme",
        "name": "Acme",
        "aliases": ("acme telephones",),
        "mac_prefixes": {"020001": Fact()},
        "families": {},
        "models": {
            "A1": Model(lines=2, also=("Acme-1",)),
            "A9": Model(lines=16),
            "B2": Model(type=DeviceType.DECT_BASE, handsets=2),
            "H1": Model(type=DeviceType.DECT_HANDSET),
        },
        "unknown_model": Model(lines=6),
        "syntax": like.syntax.model_copy(
            update={"cannot_carry": (Refusal(pattern=re.compile("%"), why="holds a percent sign"),)}
        ),
    }
    return Vendor.model_construct(**facts)
