"""Rendered files by everything they are made from, within a bound of bytes; the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable

from provserver.rendering.renderer import Document

_OVERHEAD = 1_000  # what an entry costs beside its body, in bytes, generously


class DocumentCache:
    """A cache that cannot be stale: its keys hold the stamp of what a document was made from."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._documents: OrderedDict[Hashable, Document] = OrderedDict()

    def get(self, key: Hashable) -> Document | None:
        """The document, or None."""
        document = self._documents.get(key)
        if document:
            self._documents.move_to_end(key)
        return document

    def put(self, key: Hashable, document: Document) -> None:
        """Keep it, at the cost of those unused for longest."""
        size = len(document.body) + _OVERHEAD
        if size > self._limit or key in self._documents:
            return
        self._documents[key] = document
        self._used += size
        while self._used > self._limit:
            _, dropped = self._documents.popitem(last=False)
            self._used -= len(dropped.body) + _OVERHEAD
