"""Layers of settings: how one is changed (RFC 7396), and how they fold into effective values with provenance.

Maps merge, lists and plain values replace, what a layer leaves out it inherits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provserver.domain.vocabulary import flatten


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as it applies to one device: nested `abstractions`, and raw parameters of its vendor.

    `name` is what reports tell: `global`, `locale` (follows from the language and country that stronger ones set),
    `platform`, `account`, `device` (`base` for a DECT base seen from its handset), `handset`, `server` (what only we
    can know) or `timezone` (has phones ask often when they must soon be told something else of theirs).
    """

    name: str
    abstractions: Mapping[str, Any] = field(default_factory=dict)
    vendor_overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effective:
    """A value, the layer that set it, and the values it shadows, nearest first."""

    value: Any
    layer: str
    shadows: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The fold of all layers: settings by path, raw vendor parameters by name."""

    settings: Mapping[str, Effective]
    vendor_overrides: Mapping[str, Effective]

    def value(self, path: str) -> Any:
        """The effective value, or None where nobody set it."""
        effective = self.settings.get(path)
        return None if effective is None else effective.value


def merge_patch(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): absent = unchanged, value = set, null = removed, objects merge, arrays replace."""
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
    """Fold `layers`, weakest first."""
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
    """`features.srtp_enabled` says `sip.srtp_mode` where its own layer does not say it more exactly."""
    wanted = flat.get("features.srtp_enabled")
    if wanted is None or "sip.srtp_mode" in flat:
        return flat
    return {**flat, "sip.srtp_mode": "optional" if wanted else "off"}
