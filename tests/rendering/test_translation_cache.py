"""The cache of translations stays within its limit, however many different settings a server sees."""

from provserver.rendering.outcomes import Outcome
from provserver.rendering.parameters import Parameter
from provserver.rendering.translation_cache import TranslationCache


def _outcome(parameters: int) -> Outcome:
    return Outcome([Parameter(f"p{number}", "value") for number in range(parameters)])


def test_the_oldest_make_room() -> None:
    cache, outcomes = TranslationCache(20), [_outcome(6) for _ in range(3)]  # two of them fit
    for number, outcome in enumerate(outcomes):
        assert cache.put(number, outcome) is outcome
    assert [cache.get(number) for number in range(3)] == [None, *outcomes[1:]]


def test_what_is_kept_twice_counts_once() -> None:
    """Two threads that make the same at one time must not push out others."""
    cache, outcome = TranslationCache(20), _outcome(6)
    for _ in range(5):
        cache.put("same", outcome)
    cache.put("other", _outcome(6))
    assert cache.get("same") is outcome


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    cache = TranslationCache(20)
    cache.put("small", _outcome(1))
    assert cache.put("large", _outcome(30)).parameters
    assert cache.get("large") is None
