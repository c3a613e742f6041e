"""In-memory LRU cache of rendered files, bounded in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from provserver.rendering.renderer import Document

Made = TypeVar("Made")

_OVERHEAD = 1_000  # bytes per entry besides its body, estimated generously


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered document, and (id, revision) of each handset in it."""

    document: Document
    handsets: tuple[tuple[str, int], ...] = ()


class DocumentCache:
    """LRU cache.

    Entries are never stale, because the key includes the stamp of everything the document is made from.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._documents: OrderedDict[Hashable, Rendered] = OrderedDict()

    def get(self, key: Hashable) -> Rendered | None:
        """Return the document, or None on a miss."""
        rendered = self._documents.get(key)
        if rendered:
            self._documents.move_to_end(key)
        return rendered

    def put(self, key: Hashable, rendered: Rendered) -> None:
        """Insert a document, evicting the least recently used ones."""
        size = len(rendered.document.body) + _OVERHEAD
        if size > self._limit or key in self._documents:
            return
        self._documents[key] = rendered
        self._used += size
        while self._used > self._limit:
            _, dropped = self._documents.popitem(last=False)
            self._used -= len(dropped.document.body) + _OVERHEAD


class Recent(Generic[Made]):
    """A small thread-safe FIFO cache for intermediate results, keyed by everything they are made from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Made | None:
        """Return the value, or None on a miss."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, made: Made) -> None:
        """Insert a value, evicting the oldest."""
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
