"""A benchmark that nobody runs for a month must still run then."""

import re

import pytest

from .catalogue import main


def test_the_benchmark_of_the_catalogue_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """How long it takes here says more of the machine; a hundred times too long would say something of us."""
    main(requests=500)
    took = [int(found) for found in re.findall(r"vendor files: (\d+) µs", capsys.readouterr().out)]
    assert len(took) == 3
    assert max(took) < 1000
