"""What a server does again and again goes on, whatever becomes of one time."""

import asyncio

import pytest
import structlog

from provserver.domain.errors import StoreUnavailable
from provserver.services.periodic import PeriodicTask


@pytest.mark.parametrize("failure", [StoreUnavailable("away"), RuntimeError("a mistake")])
async def test_a_round_that_fails_is_told_and_is_not_the_last_one(failure: Exception) -> None:
    """Else sightings, or who is blocked, would not be written any more until a restart, and nobody would know."""
    to_raise, again = [failure], asyncio.Event()

    async def work() -> None:
        if to_raise:
            raise to_raise.pop()
        again.set()

    task = PeriodicTask("try", work, 0.001)
    with structlog.testing.capture_logs() as logs:
        task.start()
        async with asyncio.timeout(60):
            await again.wait()
        await task.stop()
    assert [line["work"] for line in logs] == ["try"]
