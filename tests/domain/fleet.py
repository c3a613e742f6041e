"""Two small made-up vendors, and a device to prove things about."""

from datetime import UTC, datetime
from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Device, DeviceType
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

ACME: dict[str, Any] = {
    "vendor": "acme",
    "name": "Acme",
    "aliases": ["Acme_Phones"],
    "evidence": "vendor_guide",
    "mac_prefixes": {"020000": {}, "02000a1": {}},
    "user_agents": [{"pattern": r"acme-(?P<model>\w+)/(?P<firmware>[\d.]+)(?: <mac>)?"}],
    "syntax": {"parameter_name": "[a-z_]+", "booleans": {"true": "1", "false": "0"}},
    "files": [
        {"id": "own", "pattern": r"<mac>\.cfg", "scope": "device", "asked_as": "{mac}.cfg", "template": "own.cfg.j2"},
        {"id": "named", "pattern": r"(?P<model>\w+)-<mac>\.cfg", "scope": "device", "asked_as": "{model}-{MAC}.cfg"},
        {"id": "asked", "pattern": r"config\.cfg", "query": True, "scope": "device"},
        {"id": "common", "pattern": r"(?P<model>\w+)\.common", "scope": "common", "template": "common.j2"},
        {"id": "key", "pattern": r"(?:<mac>|all)\.key", "scope": "common"},
    ],
    "families": {"big": ["A2", "A3"]},
    "models": {
        "A1": {"lines": 1, "also": ["A1-Rev2"], "files": {"common": "a1.common"}},
        "A2": {"lines": 2, "capabilities": ["colour"]},
        "A3": {"lines": 3},
    },
    "unknown_model": {"lines": 1},
    "settings": {},
    "check_sync": {"resync": "check-sync;reboot=false", "reboot": "check-sync;reboot=true"},
    "proofs": ["token"],
}
BELL: dict[str, Any] = ACME | {
    "vendor": "bell",
    "name": "Bell",
    "aliases": [],
    "mac_prefixes": {"02000a": {}},
    "user_agents": [{"pattern": r"bell <mac>$"}],
    "files": [{"id": "own", "pattern": r"bell/<mac>\.cfg", "scope": "device"}],
}


def vendor(source: dict[str, Any] = ACME, **changes: Any) -> Vendor:
    """One of the vendors, with what a test needs different."""
    return Vendor.model_validate(source | changes)


def catalogue() -> Catalogue:
    """Both vendors."""
    return Catalogue({"acme": vendor(), "bell": vendor(BELL)}, "0123456789ab")


def device(**changes: Any) -> Device:
    """A desk phone of Acme that is not armed."""
    facts: dict[str, Any] = {
        "id": "dev_1",
        "account_id": "acct_1",
        "type": DeviceType.DESKPHONE,
        "mac": Mac("0200001a2b3c"),
        "vendor": "acme",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Device(**facts | changes)
