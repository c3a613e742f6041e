"""A phone that cannot speak the very language shows the nearest one, and none that its user cannot read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.rendering.languages import nearest


@pytest.mark.parametrize(
    ("wanted", "spoken", "chosen"),
    [
        ("de", "en de", "de"),
        ("DE-at", "en de", "de"),
        ("fr-CA", "en fr fr-CA", "fr-CA"),
        ("fr-CA", "en fr", "fr"),
        ("en", "en-GB en-US", "en-US"),
        ("en-AU", "en-US en-GB", "en-GB"),
        ("en-AU", "en-US de", "en-US"),
        ("pt", "pt-PT pt-BR", "pt-BR"),
        ("pt-AO", "pt-BR pt-PT", "pt-PT"),
        ("es-AR", "es es-419", "es-419"),
        ("zh", "zh-TW zh-CN", "zh-CN"),
        ("zh-HK", "zh zh-TW", "zh-TW"),
        ("zh-Hant", "zh zh-TW", "zh-TW"),
        ("zh-TW", "zh zh-Hant", "zh-Hant"),
        ("zh-Hans-CN", "zh-TW zh", "zh"),
        ("no", "nb", "nb"),
        ("nb", "no", "no"),
        ("iw", "he", "he"),
        ("sr-Latn", "sr-Latn sr", "sr-Latn"),
    ],
)
def test_the_nearest_language_is_chosen(wanted: str, spoken: str, chosen: str) -> None:
    assert nearest(wanted, tuple(spoken.split())) == chosen


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [("de", "en fr"), ("zh-TW", "zh"), ("zh", "zh-TW"), ("sr-Latn", "sr"), ("x-acme", "en de"), ("en", "")],
)
def test_a_language_that_is_not_spoken_is_not_guessed(wanted: str, spoken: str) -> None:
    """Nor is another script of it: its users could not read it."""
    assert nearest(wanted, tuple(spoken.split())) is None


@given(st.from_regex(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Z]{2}|[0-9]{3}))?(-[a-z0-9]{5,8})?", fullmatch=True))
def test_every_tag_is_nearest_to_itself(tag: str) -> None:
    assert nearest(tag, ("en", "de-AT", tag)) is not None
