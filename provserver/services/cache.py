"""Rendered files by everything they are made from, within a bound of bytes; the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from provserver.rendering.renderer import Document

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
