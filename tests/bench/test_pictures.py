"""The page on performance says what was measured, row by row, and names what is not reached."""

from pathlib import Path

from lxml import etree

from .pictures import write
from .rows import Row

_FAST = Row("a fast one", "1 µs", "nginx 1 µs", 0.5, 2.0)
_SLOW = Row("a <slow> one", "9 µs", "nginx 1 µs", 9.0, 2.0)


def test_rows_and_pictures_are_written_and_rows_not_measured_again_stay(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- measured -->\nold\n<!-- end -->\nafter\n")
    write(tmp_path, "a machine", {"fetches": [_FAST], "storm": [_FAST]}, {"storm": "<svg ></svg>"})
    write(tmp_path, "a machine", {"storm": [_SLOW]}, {})
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert [line.split(" | ")[-1] for line in text.splitlines() if "µs" in line] == ["reached |", "NOT reached |"]
    bounds = etree.fromstring((tmp_path / "performance-bounds.svg").read_bytes())
    assert {"a fast one", "a <slow> one"} <= {element.text for element in bounds.iter()}
    assert (tmp_path / "performance-storm.svg").exists()


def test_a_rate_is_reached_from_its_bound_on() -> None:
    rate = Row("a rate", "", "", 2_100, 2_000, "/s", at_least=True)
    assert rate.reached
    assert not Row("a rate", "", "", 1_900, 2_000, "/s", at_least=True).reached
