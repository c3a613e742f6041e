"""List responses: the envelope, with links that keep all filters."""

from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web
from yarl import URL

from provserver.api.call import Answer
from provserver.api.models.shared import Listing, PageQuery
from provserver.services.paging import Page, PageRequest

Item = TypeVar("Item")


def page_request(query: PageQuery) -> PageRequest:
    """The requested page."""
    return PageRequest(query.limit, query.page)


def listing(request: web.Request, page: Page[Item], show: Callable[[Item], Any]) -> Answer:
    """200 with a page of a list."""
    return Answer(
        200,
        Listing[Any](
            url=request.path,
            next_page_url=_link(request, page.next_cursor),
            previous_page_url=_link(request, page.previous_cursor),
            data=[show(item) for item in page.items],
        ),
    )


def _link(request: web.Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = [(name, value) for name, value in request.query.items() if name != "page"]
    return str(URL.build(path=request.path, query=[*kept, ("page", cursor)]))
