"""Cache of answered requests, keyed by everything the request says.

Phones repeat identical requests, above all in a boot storm. A hit skips identification, authentication and rendering:
it only revalidates the record, checks that the file is still cached, and records the contact. Entries are never stale:
everything a decision depends on is in the key, in the revalidated record, or is a point in time known in advance.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from sys import getsizeof
from typing import Generic, Self, TypeVar

from provserver.domain.mac import Mac
from provserver.services.fetching.visits import Answer, PhoneRequest
from provserver.store.repeat_contacts import Trace
from provserver.store.revalidation import Standing

_OVERHEAD = 2_000  # bytes per request besides what it says, measured where nothing of it is in use elsewhere
_STUBBORN = 8  # when full, only every n-th new entry evicts an old one

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Repeat:
    """What it takes to give a file once more, until the next daylight-saving change that would alter it."""

    source: str
    mac: Mac | None
    document_key: Hashable
    until: datetime
    trace: Trace

    def unmodified(self) -> Self:
        """The same for a phone that has the file already."""
        return replace(self, trace=self.trace.unmodified())


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """An answered request. A repeat gets the same answer while `remembered` is unchanged and the file is still cached.

    `answer` is without its document.
    """

    request: PhoneRequest
    remembered: Standing
    etag: str
    answer: Answer
    repeat: Repeat

    @property
    def size(self) -> int:
        """What it takes of memory, in bytes; texts count twice, since they are in the key as well."""
        asked = self.request
        return _OVERHEAD + 2 * sum(map(getsizeof, (asked.target, asked.user_agent, asked.public_url)))


class RequestCache(Generic[Kept]):
    """LRU cache with admission control, bounded in bytes. `size` tells what an entry takes.

    After a mass restart all phones return in random order, and there are often more of them than entries. If every miss
    evicted an entry, each entry would be gone before its phone came back and the hit rate would be zero. So when the
    cache is full, most new entries are not admitted.
    """

    def __init__(self, limit_bytes: int, size: Callable[[Kept], int]) -> None:
        self._limit = limit_bytes
        self._size = size
        self._used = 0
        self._known: OrderedDict[Hashable, Kept] = OrderedDict()
        self._not_taken = 0

    def get(self, words: Hashable) -> Kept | None:
        """Return the entry, or None on a miss."""
        cached = self._known.get(words)
        if cached is not None:
            self._known.move_to_end(words)
        return cached

    def put(self, words: Hashable, cached: Kept) -> None:
        """Insert an entry, unless the cache is full and this one is not admitted."""
        size = self._size(cached)
        if not self._is_admitted(words, size):
            return
        if words in self._known:
            self._used -= self._size(self._known.pop(words))
        self._known[words] = cached
        self._used += size
        while self._used > self._limit:
            self._used -= self._size(self._known.popitem(last=False)[1])

    def _is_admitted(self, words: Hashable, size: int) -> bool:
        if size > self._limit:
            return False
        if words in self._known or self._used + size <= self._limit:
            return True
        self._not_taken = (self._not_taken + 1) % _STUBBORN
        return not self._not_taken
