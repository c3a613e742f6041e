"""Rate limit on guessing API keys: after several wrong keys a source must wait before another one is checked.

A key that was valid earlier in this process is always checked, so users who share an address with a guesser (a proxy,
an office) are not affected. A repeated wrong key, such as an old key in a script, is refused from memory and counts
once: a wrong key never becomes valid.
"""

from collections import OrderedDict
from datetime import datetime

from provserver.domain.errors import TooManyRequests, Unauthenticated
from provserver.domain.guessing import source_of
from provserver.domain.throttle import Throttle
from provserver.services.api_keys import NOT_GOOD

_BURST = 20
_EVERY_SECONDS = 3.0
_SOURCES = 10_000
_KEYS = 10_000


class KeyGuesses:
    """Counts wrong API keys per source. One per process; bounded."""

    def __init__(self) -> None:
        self._tries = Throttle(burst=_BURST, every=_EVERY_SECONDS, sources=_SOURCES)
        self._good: OrderedDict[str, None] = OrderedDict()
        self._wrong: OrderedDict[str, None] = OrderedDict()

    def check(self, source: str, digest: str, now: datetime) -> None:
        """Raise `TooManyRequests` if the source must wait, or `Unauthenticated` for a known wrong key.

        `digest` is the hash of the key.
        """
        if digest in self._good:
            return
        if digest in self._wrong:
            raise Unauthenticated(NOT_GOOD)
        seconds = self._tries.wait(source_of(source), now)
        if seconds:
            reason = f"too many wrong API keys from {source}; a key that is right is taken again in {seconds} s"
            raise TooManyRequests(reason, code="too_many_wrong_keys", retry_after=seconds)

    def good(self, digest: str) -> None:
        """Note a valid key."""
        _keep(self._good, digest)

    def wrong(self, source: str, digest: str, now: datetime) -> None:
        """Note a key that is not, or no longer, valid."""
        self._good.pop(digest, None)
        _keep(self._wrong, digest)
        self._tries.failed(source_of(source), now)


def _keep(digests: OrderedDict[str, None], digest: str) -> None:
    digests[digest] = None
    digests.move_to_end(digest)
    if len(digests) > _KEYS:
        digests.popitem(last=False)
