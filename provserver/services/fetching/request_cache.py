"""Cache of answered requests, keyed by everything the request says.

Phones repeat identical requests, above all in a boot storm. A hit skips identification, authentication and rendering:
it only revalidates the record, checks that the file is still cached, and records the contact. Entries are never stale:
everything a decision depends on is in the key, in the revalidated record, or is a point in time known in advance.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from provserver.domain.mac import Mac
from provserver.services.fetching.visits import Answer, PhoneRequest
from provserver.store.repeat_contacts import Trace
from provserver.store.revalidation import CachedRecord

_LONGEST = 10_000  # entries, of about 3 kB each
_STUBBORN = 8  # when full, only every n-th new entry evicts an old one

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """The answer without its document, and what is recorded when it is given."""

    answer: Answer
    trace: Trace


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """An answered request. A repeat gets the same answer while `remembered` is unchanged and the file is still cached.

    Valid until `until`: the next daylight-saving change that would alter a file.
    """

    request: PhoneRequest
    mac: Mac | None
    remembered: CachedRecord
    document_key: Hashable
    etag: str
    whole: CachedAnswer
    not_modified: CachedAnswer
    until: datetime


class RequestCache(Generic[Kept]):
    """LRU cache with admission control.

    After a mass restart all phones return in random order, and there are often more of them than entries. If every miss
    evicted an entry, each entry would be gone before its phone came back and the hit rate would be zero. So when the
    cache is full, most new entries are not admitted.
    """

    def __init__(self) -> None:
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
        if len(self._known) >= _LONGEST and words not in self._known:
            self._not_taken = (self._not_taken + 1) % _STUBBORN
            if self._not_taken:
                return
            self._known.popitem(last=False)
        self._known[words] = cached
