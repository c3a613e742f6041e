"""Who is remembered where there are more phones than places: as many as there are places, and not always the same."""

import pytest

from provserver.services.fetching.request_cache import RequestCache

_PLACES = 100


@pytest.fixture
def request_cache() -> RequestCache[int]:
    return RequestCache(_PLACES, lambda _: 1)


def _storm(request_cache: RequestCache[int], phones: range) -> int:
    """How many of these phones were known when they came, one after the other."""
    known = 0
    for phone in phones:
        if request_cache.get(phone) is None:
            request_cache.put(phone, phone)
        else:
            known += 1
    return known


def test_a_storm_of_more_phones_than_places_still_finds_some_of_them_known(request_cache: RequestCache[int]) -> None:
    """In the same order each time, whoever is forgotten first is the next to come."""
    phones = range(_PLACES * 3 // 2)
    _storm(request_cache, phones)
    assert all(_storm(request_cache, phones) > _PLACES // 2 for _ in range(5))


def test_those_who_come_no_more_make_room(request_cache: RequestCache[int]) -> None:
    _storm(request_cache, range(_PLACES))
    others = range(_PLACES, 2 * _PLACES)
    for _ in range(50):
        _storm(request_cache, others)
    assert _storm(request_cache, others) > _PLACES * 0.9


def test_what_is_new_of_somebody_known_counts_at_once(request_cache: RequestCache[int]) -> None:
    _storm(request_cache, range(_PLACES))
    request_cache.put(5, 55)
    assert request_cache.get(5) == 55


def test_requests_with_long_texts_stay_within_the_bytes_too() -> None:
    """A header may have thousands of characters, so a number of entries would be no bound of memory."""
    kept: RequestCache[bytes] = RequestCache(10_000, len)
    for number in range(1_000):
        kept.put(number, bytes(number))
        kept.put(number % 7, bytes(1 + number % 3_000))
        held = [one for number in range(1_000) if (one := kept.get(number)) is not None]
        assert sum(map(len, held)) <= 10_000
    kept.put("too large", bytes(10_001))
    assert kept.get("too large") is None
    assert len(held) > 3
