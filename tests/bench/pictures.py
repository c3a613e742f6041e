"""The table as Markdown, and pictures: how far each figure is from its bound, and latencies over a storm."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from math import log10
from pathlib import Path

from tests.bench.rows import Row

_PAGE, _KEPT = "performance.md", "performance.json"
_TABLE = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- end -->)", re.DOTALL)
_LEFT, _WIDTH, _LINE, _TOP, _BOTTOM = 430, 900, 22, 30, 10
_LEAST, _MOST = 0.05, 20.0  # of the bound


def write(folder: Path, machine: str, measured: Mapping[str, Sequence[Row]], pictures: Mapping[str, str]) -> None:
    """Put the table into the page on performance, and the pictures beside it.

    Groups of rows that were not measured this time stay as they were.
    """
    kept, page = folder / _KEPT, folder / _PAGE
    groups = json.loads(kept.read_text()) if kept.exists() else {}
    groups |= {name: [asdict(row) for row in rows] for name, rows in measured.items()}
    kept.write_text(json.dumps(groups, indent=1, ensure_ascii=False) + "\n")
    rows = [Row(**row) for group in groups.values() for row in group]
    page.write_text(_TABLE.sub(lambda _: f"{machine}\n\n{_markdown(rows)}\n", page.read_text()))
    for name, picture in {"bounds": _bounds(rows), **pictures}.items():
        (folder / f"performance-{name}.svg").write_text(_standing_alone(picture))


def _markdown(rows: Sequence[Row]) -> str:
    lines = [("case", "measured", "beside", "figure", "bound", ""), ("---",) * 6]
    lines += [(row.case, row.measured, row.against, row.told, row.aim, row.verdict) for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _standing_alone(picture: str) -> str:
    """As a file of its own: with its name space, and readable on a dark page."""
    added = '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" style="background: #fff" '
    return picture.replace("<svg ", added, 1) + "\n"


def _bounds(rows: Sequence[Row]) -> str:
    """A bar for each row: its figure as a share of its bound, logarithmic; past the line it is not reached."""
    bounded = [row for row in rows if row.bound and row.figure]
    height = _TOP + _LINE * len(bounded) + _BOTTOM
    parts = [f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="figures and their bounds" font-size="12">']
    for share in (0.1, 0.5, 1.0, 2.0, 5.0, 10.0):
        colour = "#222" if share == 1.0 else "#ddd"
        label = "bound" if share == 1.0 else f"{share:g} ×"
        parts.append(
            f'<line x1="{_x(share):.0f}" x2="{_x(share):.0f}" y1="{_TOP - 8}" y2="{height}" stroke="{colour}"/>'
        )
        parts.append(f'<text x="{_x(share):.0f}" y="{_TOP - 12}" text-anchor="middle" fill="#666">{label}</text>')
    parts += [_bar(number, row) for number, row in enumerate(bounded)]
    return "\n".join([*parts, "</svg>"])


def _bar(number: int, row: Row) -> str:
    bound = row.bound or 1.0
    share = bound / row.figure if row.at_least else row.figure / bound
    y, end, colour = _TOP + number * _LINE, _x(share), "#2a7" if row.reached else "#d52"
    return (
        f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(row.case)}</text>'
        f'<rect x="{_LEFT}" y="{y + 3}" width="{end - _LEFT:.0f}" height="{_LINE - 8}" fill="{colour}"/>'
        f'<text x="{end + 5:.0f}" y="{y + 14}" fill="#666">{escape(row.told)}</text>'
    )


def _x(share: float) -> float:
    """Where on the scale; past its ends at its ends."""
    within = min(max(share, _LEAST), _MOST)
    return _LEFT + log10(within / _LEAST) / log10(_MOST / _LEAST) * (_WIDTH - _LEFT - 80)
