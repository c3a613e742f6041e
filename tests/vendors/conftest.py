"""These tests run over data, thousands of times through the same code; what covers that code is elsewhere."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Measuring coverage here would take half of the suite's time; with --no-cov there is none to leave out."""
    for item in items if not config.getoption("no_cov") else ():
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.no_cover)
