"""Layers decide what a phone gets: a wrong fold changes a setting on every phone of a platform."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.layers import Layer, merge_patch, resolve
from provserver.domain.vocabulary import flatten, nest

names = st.text("abcxyz_", min_size=1, max_size=4)
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)
documents = st.dictionaries(names, json_values, max_size=4)
values = st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
settings = st.recursive(
    st.dictionaries(names, values, min_size=1, max_size=4),
    lambda inner: st.dictionaries(names, values | inner, min_size=1, max_size=4),
    max_leaves=12,
)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return value


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_change_means_what_the_standard_of_merge_patches_says(original: Any, patch: Any, result: Any) -> None:
    assert merge_patch(original, patch) == result


@given(documents, documents)
def test_a_repeated_change_changes_nothing_more(target: Any, patch: Any) -> None:
    """A client that repeats its request after a lost answer must not end somewhere else."""
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(documents)
def test_an_empty_change_changes_nothing(target: Any) -> None:
    assert merge_patch(target, {}) == target


@given(documents, documents)
def test_a_change_does_not_touch_what_it_was_given(target: Any, patch: Any) -> None:
    before = repr((target, patch))
    merge_patch(target, patch)
    assert repr((target, patch)) == before


@given(documents)
def test_a_change_of_nothing_leaves_no_nulls_that_a_phone_could_be_sent(patch: Any) -> None:
    assert merge_patch({}, patch) == _without_nulls(patch)


@given(settings)
def test_flat_and_nested_say_the_same(document: dict[str, Any]) -> None:
    assert nest(flatten(document)) == document
    assert flatten(nest(flatten(document))) == flatten(document)


@given(st.lists(st.dictionaries(names, st.integers(), max_size=4), max_size=5))
def test_the_strongest_layer_that_says_something_wins_and_the_others_are_told(layers: list[dict[str, int]]) -> None:
    resolved = resolve(Layer(str(number), {"group": layer}, layer) for number, layer in enumerate(layers))
    for name in {name for layer in layers for name in layer}:
        said = [(str(number), layer[name]) for number, layer in enumerate(layers) if name in layer]
        for effective in (resolved.settings[f"group.{name}"], resolved.vendor_overrides[name]):
            assert (effective.layer, effective.value) == said[-1]
            assert effective.shadows == tuple(reversed(said[:-1]))


def test_shadowed_values_stand_nearest_first() -> None:
    """`explain` shows which value would hold if the strongest one went away."""
    layers = [Layer(name, {"sip": {"port": port}}) for name, port in (("global", 1), ("platform", 2), ("device", 3))]
    assert resolve(layers).settings["sip.port"].shadows == (("platform", 2), ("global", 1))


def test_maps_merge_and_lists_replace() -> None:
    """A device that names one codec must not get the platform's codecs beside it."""
    resolved = resolve(
        [
            Layer("platform", {"audio": {"codecs": ["G722", "PCMA"], "jitter_buffer": {"min_ms": 10, "max_ms": 90}}}),
            Layer("device", {"audio": {"codecs": ["PCMU"], "jitter_buffer": {"max_ms": 50}}}),
        ]
    )
    assert {path: effective.value for path, effective in resolved.settings.items()} == {
        "audio.codecs": ["PCMU"],
        "audio.jitter_buffer.min_ms": 10,
        "audio.jitter_buffer.max_ms": 50,
    }


def test_null_and_absent_inherit() -> None:
    resolved = resolve(
        [
            Layer("account", {"sip": {"port": 5070}}, {"raw": "a"}),
            Layer("device", {"sip": {"port": None}, "audio": None}, {"raw": None}),
        ]
    )
    assert resolved.value("sip.port") == 5070
    assert resolved.vendor_overrides["raw"].value == "a"
    assert resolved.value("audio.codecs") is None


@pytest.mark.parametrize(("wanted", "mode"), [(True, "optional"), (False, "off")])
def test_the_public_switch_of_media_encryption_is_heard(wanted: bool, mode: str) -> None:
    resolved = resolve(
        [Layer("global", {"sip": {"srtp_mode": "mandatory"}}), Layer("device", {"features": {"srtp_enabled": wanted}})]
    )
    assert resolved.value("sip.srtp_mode") == mode
    assert resolved.settings["sip.srtp_mode"].layer == "device"


def test_the_exact_mode_of_the_same_layer_says_more_than_the_switch() -> None:
    layer = Layer("device", {"features": {"srtp_enabled": True}, "sip": {"srtp_mode": "mandatory"}})
    assert resolve([layer]).value("sip.srtp_mode") == "mandatory"


def test_a_stronger_layers_mode_beats_a_weaker_layers_switch() -> None:
    layers = [
        Layer("account", {"features": {"srtp_enabled": False}}),
        Layer("device", {"sip": {"srtp_mode": "mandatory"}}),
    ]
    assert resolve(layers).value("sip.srtp_mode") == "mandatory"
