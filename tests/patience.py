"""What keeps a test from saying more of the machine than of the code: other processes may keep it busy for long."""

import asyncio

import pytest

from provserver.store.postgresql import Limits

PATIENT = Limits(wait=60, statement=60)
"""Longer than an operator would wait for a database."""


def wait_for_the_server(monkeypatch: pytest.MonkeyPatch, seconds: float = 60) -> None:
    """A database server counts as out of reach only when it has said nothing for so long."""
    for module in ("store.revalidation", "services.fetching.record_cache"):
        monkeypatch.setattr(f"provserver.{module}.PATIENCE", seconds)


def write_only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process writes or reads again by itself, it does when a test says so, not whenever a second is over."""
    for interval in ("fetching.unknown_devices._INTERVAL", "fetching.record_cache.CONFIRM_EVERY"):
        monkeypatch.setattr(f"provserver.services.{interval}", 86400)
    monkeypatch.setattr("provserver.services.protection.mac_guessing._INTERVAL", 86400)


def pass_time(seconds: float) -> None:
    """From now on the clock of the running loop shows that much more; what was due meanwhile happens at once."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]  # uvloop has no other way
