"""A benchmark that nobody runs for a month must still run then."""

import re

import pytest

from .catalogue import main


def test_the_benchmark_of_the_catalogue_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints three sizes of catalogue; how long each takes says more of the machine."""
    main(requests=100)
    assert len(re.findall(r"vendor files: (\d+) µs", capsys.readouterr().out)) == 3
