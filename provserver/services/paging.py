"""Pagination helpers: all pages of a list, and pages of short in-memory lists."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from provserver.domain.errors import Invalid
from provserver.store.pages import Page, PageRequest

__all__ = ["Page", "PageRequest", "every_page", "page_of"]

Item = TypeVar("Item")


async def every_page(
    fetch: Callable[[PageRequest], Awaitable[Page[Item]]], *, limit: int = 100
) -> AsyncIterator[Page[Item]]:
    """Iterate over all pages of a list, with `limit` items each."""
    request = PageRequest(limit=limit)
    while True:
        page = await fetch(request)
        yield page
        if page.next_cursor is None:
            return
        request = PageRequest(limit=limit, cursor=page.next_cursor)


def page_of(items: Sequence[Item], key: Callable[[Item], str], request: PageRequest) -> Page[Item]:
    """A page of a short list in its given order. The cursor is the key of the page's first item.

    Raises `Invalid` with code `invalid_pagination` for an unknown cursor.
    """
    keys = [key(item) for item in items]
    if request.cursor is not None and request.cursor not in keys:
        reason = "is not a cursor of this list"
        raise Invalid(f"page {reason}", code="invalid_pagination", details={"page": reason})
    start = 0 if request.cursor is None else keys.index(request.cursor)
    end = start + request.limit
    return Page(
        list(items[start:end]),
        next_cursor=keys[end] if end < len(keys) else None,
        previous_cursor=keys[max(0, start - request.limit)] if start else None,
    )
