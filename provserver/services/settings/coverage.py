"""The JSON Schema of the vocabulary with the coverage of every vendor. Pure."""

from typing import Any

from provserver.domain.catalogue import Catalogue
from provserver.domain.coverage import is_everywhere
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import SETTINGS, VOCABULARY
from provserver.rendering.plan import NO_KEYS


def settings_schema(catalogue: Catalogue) -> dict[str, Any]:
    """JSON Schema of `abstractions`; each setting has `x-coverage`: vendor -> `{supported, some_models, reason}`."""
    root: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "abstractions",
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    for path, setting in SETTINGS.items():
        *groups, name = path.split(".")
        place = root
        for group in groups:
            place = place["properties"].setdefault(
                group, {"type": "object", "properties": {}, "additionalProperties": False}
            )
        facts = {"x-unit": setting.unit, "x-secret": setting.secret or None, "x-expressed-by": setting.expressed_by}
        place["properties"][name] = {
            **setting.schema,
            "description": setting.meaning,
            **{key: value for key, value in facts.items() if value is not None},
            "x-coverage": {vendor.dialect: covered(vendor, path) for vendor in catalogue.dialects.values()},
        }
    return root


def covered(vendor: Vendor, path: str) -> dict[str, Any]:
    """Whether a vendor supports a setting: on all models, on some, or on none (with the reason)."""
    if path not in VOCABULARY:
        reason = None if vendor.buttons else vendor.no_buttons or NO_KEYS
        return {"supported": reason is None, "some_models": False, "reason": reason}
    setting = VOCABULARY[path]
    if setting.expressed_by and path not in vendor.settings:
        return covered(vendor, setting.expressed_by)
    mappings = vendor.settings.get(path, ())
    expressed = [mapping for mapping in mappings if mapping.unsupported is None]
    reasons = [mapping.unsupported for mapping in mappings if mapping.unsupported]
    return {
        "supported": bool(expressed),
        "some_models": bool(expressed) and not is_everywhere(vendor, expressed),
        "reason": "; ".join(reasons) or (None if expressed else "not mapped"),
    }


def becomes(vendor: Vendor, path: str) -> list[str]:
    """The parameters that a setting maps to for this vendor, on any model."""
    return _becomes(vendor, path, frozenset())


def _becomes(vendor: Vendor, path: str, carried: frozenset[str]) -> list[str]:
    # two settings may carry each other on different models
    names: dict[str, None] = {}
    for mapping in vendor.settings.get(path, ()):
        names |= dict.fromkeys(mapping.to)
        if mapping.list:
            names |= dict.fromkeys([*([mapping.list.to] if mapping.list.to else []), *mapping.list.chosen])
        if mapping.carried_by and mapping.carried_by not in carried:
            names |= dict.fromkeys(_becomes(vendor, mapping.carried_by, carried | {path}))
    return list(names)
