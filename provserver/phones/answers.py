"""HTTP responses to phones. All refusals are byte-identical, whatever the reason."""

import re
from collections.abc import Iterable

from aiohttp import web

from provserver.rendering.renderer import Document

NOT_FOUND = b"Not found\n"
_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def not_found() -> web.Response:
    """The uniform 404: unknown file, unknown MAC or failed proof."""
    return web.Response(status=404, text=NOT_FOUND.decode())


def unauthorized(challenges: Iterable[str]) -> web.Response:
    """The uniform 401 with its challenges. Sent only under `/d/`."""
    response = web.Response(status=401, text="Unauthorized\n")
    for challenge in challenges:
        response.headers.add("WWW-Authenticate", challenge)
    return response


def method_not_allowed() -> web.Response:
    """405: only GET and HEAD are allowed, on every path."""
    return web.Response(status=405, text="Method not allowed\n", headers={"Allow": "GET, HEAD"})


def unavailable(retry_after: int) -> web.Response:
    """503: temporarily unavailable, retry after `retry_after` seconds."""
    return web.Response(status=503, text="Service unavailable\n", headers={"Retry-After": str(retry_after)})


def failed() -> web.Response:
    """500: an internal error."""
    return web.Response(status=500, text="Internal server error\n")


def not_modified(document: Document) -> web.Response:
    """304: the phone already has this document."""
    return web.Response(status=304, headers={"ETag": document.etag})


def whole_or_range(document: Document, request: web.Request) -> web.Response:
    """200 with the document, or 206 or 416 for a single byte range (RFC 9110, section 14)."""
    headers = {"ETag": document.etag, "Accept-Ranges": "bytes", "Content-Type": document.content_type}
    size = len(document.body)
    wanted = _range(request, document.etag, size) if request.method == "GET" else None
    if wanted is None:
        return web.Response(body=document.body, headers=headers)
    first, last = wanted
    if first > last:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return web.Response(status=206, body=document.body[first : last + 1], headers=headers)


def _range(request: web.Request, etag: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range. First > last if it is unsatisfiable; None to send the whole document."""
    match = _ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if not match or match[0] == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size - 1 if int(match[2]) else -1
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    return (first, min(last, size - 1)) if first < size else (1, 0)
