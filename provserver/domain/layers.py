"""Settings layers: merging changes into a layer (RFC 7396), and resolving layers into effective values.

Objects merge, arrays and scalars replace, missing keys inherit. The layer that set each value is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provserver.domain.vocabulary import flatten


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as it applies to one device: nested `abstractions`, and raw parameters of its vendor.

    `name` as reported: `global`, `locale` (derived from language and country), `platform`, `account`, `device` (`base`
    for a DECT base seen from its handset), `handset`, `server` (set by this server, such as the provisioning URL) or
    `timezone` (shorter polling before a time zone change).
    """

    name: str
    abstractions: Mapping[str, Any] = field(default_factory=dict)
    vendor_overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effective:
    """A value, the layer that set it, and the values it overrides as (layer, value), nearest first."""

    value: Any
    layer: str
    shadows: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The result of resolving all layers: settings by path, raw vendor parameters by name."""

    settings: Mapping[str, Effective]
    vendor_overrides: Mapping[str, Effective]

    def value(self, path: str) -> Any:
        """The effective value, or None if not set."""
        effective = self.settings.get(path)
        return None if effective is None else effective.value


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): absent = unchanged, null = removed, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def resolve(layers: Iterable[Layer]) -> Resolved:
    """Resolve `layers`, weakest first."""
    settings: dict[str, Effective] = {}
    overrides: dict[str, Effective] = {}
    for layer in layers:
        _lay(settings, _with_implied(flatten(dict(layer.abstractions))), layer.name)
        _lay(
            overrides, {name: value for name, value in layer.vendor_overrides.items() if value is not None}, layer.name
        )
    return Resolved(settings, overrides)


def _lay(over: dict[str, Effective], values: Mapping[str, Any], layer: str) -> None:
    for path, value in values.items():
        under = over.get(path)
        shadows = ((under.layer, under.value), *under.shadows) if under else ()
        over[path] = Effective(value, layer, shadows)


def _with_implied(flat: dict[str, Any]) -> dict[str, Any]:
    """Derive `sip.srtp_mode` from `features.srtp_enabled`, unless the same layer sets it explicitly."""
    wanted = flat.get("features.srtp_enabled")
    if wanted is None or "sip.srtp_mode" in flat:
        return flat
    return {**flat, "sip.srtp_mode": "optional" if wanted else "off"}
