"""What a simulation says of latencies must be true, also when it was many processes that measured."""

import json
from datetime import UTC, datetime
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from provserver.simulation.arrivals import arrivals
from provserver.simulation.plot import plot
from provserver.simulation.report import Report
from provserver.simulation.tally import Latencies, Tally

times = st.lists(st.floats(0.0001, 60), min_size=1, max_size=50)


def _counted(seconds: list[float]) -> Latencies:
    latencies = Latencies()
    for one in seconds:
        latencies.add(one)
    return latencies


@given(times, st.floats(0.01, 1))
def test_a_quantile_is_right_within_five_per_cent(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[ceil(len(seconds) * share) - 1]
    assert exact * 0.999 <= _counted(seconds).quantile(share) <= exact * 1.051


@given(times, times)
def test_what_two_processes_counted_adds_up(one: list[float], other: list[float]) -> None:
    merged = _counted(one)
    merged.merge(_counted(other))
    assert merged == _counted(one + other)


def _storm() -> Tally:
    tally = Tally()
    tally.answered("snom", "200", 0.010, at=0.2)
    tally.answered("snom", "timeout", 2.0, at=1.2)
    tally.ended("snom", None, 1, at=1.5)
    tally.ended("yealink", "timeout", 2, at=9.5)
    return tally


def test_tallies_of_processes_add_up() -> None:
    total = _storm()
    total.merge(_storm())
    assert (total.boots, total.booted, total.retries) == (4, 2, 6)
    assert total.statuses == {"200": 2, "timeout": 2}
    assert total.failures == {"timeout": 2}
    assert total.vendors["yealink"].failed == 2
    assert total.seconds[1].count == 2
    assert total.steady_after == 9.5


def test_a_tally_survives_the_way_between_processes() -> None:
    assert Tally.model_validate(json.loads(_storm().model_dump_json())) == _storm()


def _report() -> Report:
    return Report(
        at=datetime(2026, 1, 1, tzinfo=UTC), url="http://a/?<&>", phones=2, arrival="burst", rounds=[_storm()]
    )


def test_a_report_for_programs_has_the_figures_in_milliseconds() -> None:
    told = _report().as_json()["rounds"][0]
    assert told["latency_ms"]["count"] == 2
    assert told["latency_ms"]["longest"] == 2000
    assert told["vendors"]["snom"]["latency_ms"]["p50"] == pytest.approx(10, rel=0.06)
    assert not _report().all_booted


def test_a_report_for_people_is_a_whole_page_that_asks_nobody_for_anything() -> None:
    page = _report().as_html()
    assert "http://a/?&lt;&amp;&gt;" in page
    assert "<script" not in page
    assert " src=" not in page
    assert "<svg" in page


def test_the_plot_is_an_svg_with_both_curves() -> None:
    picture = etree.fromstring(plot(_storm().seconds).encode())
    assert len(picture.findall("polyline")) == 2
    assert plot({}) == ""


def test_a_burst_comes_at_once_and_others_within_their_time() -> None:
    assert arrivals("burst", 3, 20) == [0, 0, 0]
    assert arrivals("steady", 4, 20) == [0, 5, 10, 15]
    ramp = arrivals("ramp", 100, 20)
    assert ramp == sorted(ramp)
    assert sum(second < 10 for second in ramp) == 25, "a ramp at half its time has brought a quarter of its phones"
