"""Rate limiting of a sequence."""

import asyncio


class Pace:
    """Lets `per_second` turns through, evenly spaced. Lost time is not made up for by bursts."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second
        self._next: float | None = None

    async def turn(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        if self._next is None:
            self._next = now
        elif self._next > now:
            await asyncio.sleep(self._next - now)
        self._next = max(self._next, now) + self._gap
