"""The counts of a process reach the one that tells them, also after a time without a place to leave them."""

import asyncio
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from provserver.metrics_folder import MetricsFolder


async def test_counts_are_left_again_once_there_is_a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, or a cleaner of temporary files, must not end it, nor spoil the end of the server."""
    monkeypatch.setattr("provserver.metrics_folder._AGAIN_SECONDS", 0.001)
    folder = tmp_path / "gone"
    with structlog.testing.capture_logs() as logs:
        keeping = asyncio.create_task(MetricsFolder(folder, "phones-1").keep(CollectorRegistry(), tells=False))
        async with asyncio.timeout(60):
            while not logs:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
            folder.mkdir()
            while not (folder / "phones-1.metrics").exists():  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.001)
    keeping.cancel()
    assert logs[0]["reason"] == "No such file or directory"
