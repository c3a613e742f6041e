"""The report of a simulation, as JSON and as a self-contained HTML page."""

from datetime import datetime
from html import escape
from typing import Any

from pydantic import BaseModel

from provserver import __version__
from provserver.simulation.plot import plot
from provserver.simulation.tally import Latencies, Tally

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}


class Report(BaseModel):
    """All rounds of a simulation. `arrival`: the arrival pattern as text."""

    at: datetime
    url: str
    phones: int
    arrival: str
    rounds: list[Tally]

    @property
    def all_booted(self) -> bool:
        """Whether every phone got its configuration in every round."""
        return all(one.booted == one.boots for one in self.rounds)

    def as_json(self) -> dict[str, Any]:
        """All figures by name; times in milliseconds, except `steady_after_seconds`."""
        return {
            "version": __version__,
            "at": self.at.isoformat(),
            "url": self.url,
            "phones": self.phones,
            "arrival": self.arrival,
            "rounds": [_round(one) for one in self.rounds],
        }

    def as_html(self) -> str:
        """A self-contained page: for each round its figures, latencies per second, and results per vendor."""
        sections = "\n".join(_section(number, one) for number, one in enumerate(self.rounds, start=1))
        return _PAGE.format(
            title=escape(f"{self.phones} simulated phones, {self.arrival}"),
            subtitle=escape(f"{self.url}, {self.at:%Y-%m-%d %H:%M} UTC, provserver {__version__}"),
            sections=sections,
        )


def figures(tally: Tally) -> dict[str, str]:
    """The figures of a round for the screen."""
    requests, seconds = tally.latencies.count, tally.steady_after
    rate = f"{tally.boots / seconds:,.0f} boots, {requests / seconds:,.0f} requests a second" if seconds else "-"
    latency = ", ".join(f"{name} {value} ms" for name, value in milliseconds(tally.latencies).items())
    return {
        "booted": f"{tally.booted:,} of {tally.boots:,}",
        "given up": _counts(tally.failures) or "none",
        "answers": _counts(tally.statuses),
        "tries again": f"{tally.retries:,}",
        "steady state after": f"{seconds:.1f} s",
        "rate": rate,
        "latency": f"{latency}, longest {tally.latencies.longest * 1000:,.0f} ms",
    }


def milliseconds(latencies: Latencies) -> dict[str, str]:
    """The quantiles in milliseconds, formatted."""
    return {name: f"{latencies.quantile(share) * 1000:,.1f}" for name, share in QUANTILES.items()}


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items()))


def _round(tally: Tally) -> dict[str, Any]:
    return {
        "boots": tally.boots,
        "booted": tally.booted,
        "failures": tally.failures,
        "statuses": tally.statuses,
        "retries": tally.retries,
        "steady_after_seconds": round(tally.steady_after, 3),
        "requests": tally.latencies.count,
        "latency_ms": _latency(tally.latencies),
        "seconds": {str(second): _latency(tally.seconds[second]) for second in sorted(tally.seconds)},
        "vendors": {
            name: {"boots": one.boots, "failed": one.failed, "latency_ms": _latency(one.latencies)}
            for name, one in sorted(tally.vendors.items())
        },
    }


def _latency(latencies: Latencies) -> dict[str, float | int]:
    quantiles = {name: round(latencies.quantile(share) * 1000, 2) for name, share in QUANTILES.items()}
    return {"count": latencies.count, **quantiles, "longest": round(latencies.longest * 1000, 2)}


def _section(number: int, tally: Tally) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in figures(tally).items())
    vendors = "".join(
        f"<tr><td>{escape(name)}</td><td>{one.boots:,}</td><td>{one.failed:,}</td>"
        + "".join(f"<td>{value}</td>" for value in milliseconds(one.latencies).values())
        + "</tr>"
        for name, one in sorted(tally.vendors.items())
    )
    heads = "".join(f"<th>{name}</th>" for name in ("vendor", "boots", "given up", *QUANTILES)) + "<th>ms</th>"
    return (
        f"<h2>Round {number}</h2>\n<table>{rows}</table>\n{plot(tally.seconds)}\n"
        f"<table><tr>{heads}</tr>{vendors}</table>"
    )


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }}
table {{ border-collapse: collapse; margin: 1rem 0; }}
th, td {{ text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid #ddd; font-weight: normal; }}
th {{ color: #666; }}
svg {{ width: 100%; height: auto; }}
</style>
<h1>{title}</h1>
<p>{subtitle}</p>
{sections}
</html>
"""
