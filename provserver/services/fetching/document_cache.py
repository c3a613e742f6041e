"""Rendered files by everything they are made from, within a bound of bytes; the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from provserver.rendering.renderer import Document

Made = TypeVar("Made")

_OVERHEAD = 1_000  # what an entry costs beside its body, in bytes, generously


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document, and (id, revision) of the handsets that it contains."""

    document: Document
    handsets: tuple[tuple[str, int], ...] = ()


class DocumentCache:
    """A cache that cannot be stale: its keys hold the stamp of what a document was made from."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._documents: OrderedDict[Hashable, Rendered] = OrderedDict()

    def get(self, key: Hashable) -> Rendered | None:
        """The document, or None."""
        rendered = self._documents.get(key)
        if rendered:
            self._documents.move_to_end(key)
        return rendered

    def put(self, key: Hashable, rendered: Rendered) -> None:
        """Keep it, at the cost of those unused for longest."""
        size = len(rendered.document.body) + _OVERHEAD
        if size > self._limit or key in self._documents:
            return
        self._documents[key] = rendered
        self._used += size
        while self._used > self._limit:
            _, dropped = self._documents.popitem(last=False)
            self._used -= len(dropped.document.body) + _OVERHEAD


class Recent(Generic[Made]):
    """The last few of what is worth keeping for a moment, by all that it is made from; threads put it here."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Made] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Made | None:
        """It, where it is among them."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, made: Made) -> None:
        """Keep it instead of the oldest."""
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
