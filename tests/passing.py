"""Time that passes when a test says so, and not because the machine is busy."""

import asyncio


def pass_time(seconds: float) -> None:
    """From now on the clock of the running loop shows that much more; what was due meanwhile happens at once."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]
