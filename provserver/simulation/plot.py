"""An SVG plot of latencies per second: median, 99th percentile, and number of responses."""

from math import ceil, log10

from provserver.simulation.tally import Latencies

_WIDTH, _HEIGHT = 900, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 30, 40
_LINES = (("p50", 0.5, "#2a7"), ("p99", 0.99, "#d52"))


def plot(seconds: dict[int, Latencies]) -> str:
    """The plot, with logarithmic latencies; empty without responses."""
    if not seconds:
        return ""
    last = max(seconds)
    floor, ceiling = _decades(seconds)
    busiest = max(one.count for one in seconds.values())

    def x(second: float) -> float:
        return _LEFT + (second + 0.5) / (last + 1) * (_WIDTH - _LEFT - _RIGHT)

    def y(milliseconds: float) -> float:
        share = (log10(max(milliseconds, 10.0**floor)) - floor) / (ceiling - floor)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    bar = (_WIDTH - _LEFT - _RIGHT) / (last + 1) * 0.8
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="latency by the second" font-size="12">',
        *(_bar(x(second), bar, one.count / busiest) for second, one in sorted(seconds.items())),
        *(_grid(y(10.0**power), f"{10.0**power:g} ms") for power in range(floor, ceiling + 1)),
    ]
    for number, (name, share, colour) in enumerate(_LINES):
        points = [(x(second), y(one.quantile(share) * 1000)) for second, one in sorted(seconds.items())]
        parts.append(_line(points, colour))
        parts.append(f'<text x="{_LEFT + 60 * number}" y="18" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{_LEFT + 130}" y="18" fill="#999">grey: answers a second, at most {busiest:,}</text>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 12}" fill="#666">0 s</text>')
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 12}" fill="#666" text-anchor="end">{last + 1} s</text>')
    return "\n".join([*parts, "</svg>"])


def _decades(seconds: dict[int, Latencies]) -> tuple[int, int]:
    """The powers of ten, in milliseconds, that enclose all values."""
    slowest = max(one.quantile(0.99) for one in seconds.values()) * 1000
    fastest = min(one.quantile(0.5) for one in seconds.values()) * 1000
    floor = ceil(log10(max(fastest, 0.1))) - 1
    return floor, max(ceil(log10(max(slowest, 0.1))), floor + 1)


def _bar(centre: float, width: float, share: float) -> str:
    height = share * (_HEIGHT - _TOP - _BOTTOM)
    return (
        f'<rect x="{centre - width / 2:.1f}" y="{_HEIGHT - _BOTTOM - height:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" fill="#eee"/>'
    )


def _grid(y: float, label: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" fill="#666" text-anchor="end">{label}</text>'
    )


def _line(points: list[tuple[float, float]], colour: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>{dots}'
