"""What is kept of translations stays within its limit, however many different settings a server sees."""

from provserver.rendering.kept import Kept
from provserver.rendering.outcomes import Outcome
from provserver.rendering.parameters import Parameter


def _outcome(parameters: int) -> Outcome:
    return Outcome([Parameter(f"p{number}", "value") for number in range(parameters)])


def test_the_oldest_make_room() -> None:
    kept, outcomes = Kept(20), [_outcome(6) for _ in range(3)]  # two of them fit
    for number, outcome in enumerate(outcomes):
        assert kept.put(number, outcome) is outcome
    assert [kept.get(number) for number in range(3)] == [None, *outcomes[1:]]


def test_what_is_kept_twice_counts_once() -> None:
    """Two threads that make the same at one time must not push out others."""
    kept, outcome = Kept(20), _outcome(6)
    for _ in range(5):
        kept.put("same", outcome)
    kept.put("other", _outcome(6))
    assert kept.get("same") is outcome


def test_what_is_larger_than_all_room_is_not_kept() -> None:
    kept = Kept(20)
    kept.put("small", _outcome(1))
    assert kept.put("large", _outcome(30)).parameters
    assert kept.get("large") is None
