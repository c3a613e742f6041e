"""A cache of requests by their very words: phones ask again for what they have, most of all in a boot storm.

What the story of a request has found out about them is remembered, so that the next one takes the short way: does the
record still stand, is the file still there, note the contact. Nothing here can be stale, since whatever a decision was
made from is either part of the words, or of the record that must still stand, or a time that is known beforehand.
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

_LONGEST = 10_000  # requests that are remembered, of some 3 kB each
_STUBBORN = 8  # so many new ones must come before one of them takes the place of another

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """What a request gets, but for the document itself, and what is recorded of that."""

    answer: Answer
    trace: Trace


@dataclass(frozen=True, slots=True)
class CachedRequest:
    """A request that was answered, and is answered alike while `remembered` stands and its file is in the cache.

    But not past `until`: then phones of some zone are told something else.
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
    """Remembers them by everything that their requests said; the longest unused goes first.

    After a power cut all come again, in any order, and often there are more of them than places. If each newcomer took
    a place, everybody would be gone before it comes again, and nobody be known; so most newcomers get none.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Kept] = OrderedDict()
        self._not_taken = 0

    def get(self, words: Hashable) -> Kept | None:
        """Who said this before, or None."""
        cached = self._known.get(words)
        if cached is not None:
            self._known.move_to_end(words)
        return cached

    def put(self, words: Hashable, cached: Kept) -> None:
        """Remember it, where there is a place."""
        if len(self._known) >= _LONGEST and words not in self._known:
            self._not_taken = (self._not_taken + 1) % _STUBBORN
            if self._not_taken:
                return
            self._known.popitem(last=False)
        self._known[words] = cached
