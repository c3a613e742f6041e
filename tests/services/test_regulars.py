"""Who is remembered where there are more phones than places: as many as there are places, and not always the same."""

import pytest

from provserver.services.regulars import Regulars

_PLACES = 100


@pytest.fixture
def regulars(monkeypatch: pytest.MonkeyPatch) -> Regulars[int]:
    monkeypatch.setattr("provserver.services.regulars._LONGEST", _PLACES)
    return Regulars()


def _storm(regulars: Regulars[int], phones: range) -> int:
    """How many of these phones were known when they came, one after the other."""
    known = 0
    for phone in phones:
        if regulars.get(phone) is None:
            regulars.put(phone, phone)
        else:
            known += 1
    return known


def test_a_storm_of_more_phones_than_places_still_finds_some_of_them_known(regulars: Regulars[int]) -> None:
    """In the same order each time, whoever is forgotten first is the next to come."""
    phones = range(_PLACES * 3 // 2)
    _storm(regulars, phones)
    assert all(_storm(regulars, phones) > _PLACES // 2 for _ in range(5))


def test_those_who_come_no_more_make_room(regulars: Regulars[int]) -> None:
    _storm(regulars, range(_PLACES))
    others = range(_PLACES, 2 * _PLACES)
    for _ in range(50):
        _storm(regulars, others)
    assert _storm(regulars, others) > _PLACES * 0.9


def test_what_is_new_of_somebody_known_counts_at_once(regulars: Regulars[int]) -> None:
    _storm(regulars, range(_PLACES))
    regulars.put(5, 55)
    assert regulars.get(5) == 55
