"""Users are counted by what begins and ends, never by looking at them: it must come to the same."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.usage import Absence, Changes, Span, Step, counted

_START = datetime(2026, 1, 1, tzinfo=UTC)
_MOMENTS = [_START + timedelta(seconds=second) for second in range(9)]
_FIRST = Step(_START - timedelta(seconds=1), 0, 0)


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    start, end = sorted(draw(st.tuples(st.sampled_from(_MOMENTS), st.sampled_from(_MOMENTS))))
    return start, draw(st.sampled_from([end, None]))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(_spans(), max_size=4)), max_size=12))
def test_counts_come_to_the_same_as_looking_at_every_user_whatever_changes_when(
    changes: list[tuple[str, list[Span]]],
) -> None:
    """Also where news comes late, spans meet or overlap, or are taken back."""
    spans: dict[str, list[Span]] = defaultdict(list)
    steps, absences = [_FIRST], Counter[Absence]()
    for user, now in changes:
        change = Changes()
        change.note(user, spans[user], now)
        spans[user] = now
        absences.update(change.absences)
        if change.moments:
            before = [step for step in steps if step.at < change.moments[0]]
            steps = before + counted(before[-1], steps[len(before) :], change)
    assert set(absences.values()) <= {0, 1}
    for since, until in combinations(_MOMENTS, 2):
        there = {user for user in spans for start, end in spans[user] if start < until and (end is None or end > since)}
        began = [step.began for step in steps if step.at < until][-1]
        ended = [step.ended for step in steps if step.at <= since][-1]
        away = sum(count for one, count in absences.items() if one.left_at > since and one.back_at < until)
        assert began - ended - away == len(there)
