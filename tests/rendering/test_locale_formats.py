"""Dates and clocks as people at the phone write them: 3/4 is in April for some and in March for others."""

import pytest

from provserver.rendering.locale_formats import usual_formats


@pytest.mark.parametrize(
    ("language", "country", "date", "clock"),
    [
        ("en-US", None, "M/D/Y", "12h"),
        ("en-GB", None, "D/M/Y", "24h"),
        ("en-AU", None, "D/M/Y", "12h"),
        ("fr-CA", None, "Y-M-D", "24h"),  # HH 'h' mm: the letter in quotes is none of the pattern
        ("de", None, "D/M/Y", "24h"),
        ("sv", None, "Y-M-D", "24h"),
        ("zh-Hant-TW", None, "Y-M-D", "12h"),
        ("en", "US", "M/D/Y", "12h"),
        ("en", "DE", "D/M/Y", "24h"),
        ("de", "US", "M/D/Y", "12h"),  # no German of its own is known there: as is usual in the country
        ("en-GB", "US", "D/M/Y", "24h"),
        (None, "KR", "Y-M-D", "12h"),
    ],
)
def test_a_country_tells_how_dates_and_clocks_are_written(
    language: str | None, country: str | None, date: str, clock: str
) -> None:
    assert usual_formats(language, country) == {"date_format": date, "time_format": clock}


@pytest.mark.parametrize("language", [None, "", "en", "en-001", "tlh", "xx-QQ", "sr-Cyrl-QQ"])
def test_what_tells_no_country_tells_nothing(language: str | None) -> None:
    """English alone is spoken where the month comes first and where the day does."""
    assert usual_formats(language, None) == {}
