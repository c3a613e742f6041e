"""How many requests are looked into at one time."""

from provserver.domain.errors import Overloaded


class Crowd:
    """Counts who is inside; a context for each request. Raises `Overloaded` at the door where there are too many."""

    def __init__(self, limit: int = 2_000) -> None:
        self._limit = limit
        self._inside = 0

    def __enter__(self) -> None:
        if self._inside >= self._limit:
            raise Overloaded(f"{self._inside} requests are being looked into")
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1
