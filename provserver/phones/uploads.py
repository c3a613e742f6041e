"""Serves uploaded files on the phone listener, with byte ranges and without blocking the event loop.

Files are public to anyone who knows their generated name: they hold no secrets and are the same for all phones. Other
names get the uniform 404.
"""

import asyncio

import structlog
from aiohttp import web

from provserver.domain.uploads import content_type_of
from provserver.phones import answers
from provserver.store.filefolder import FileFolder

_log = structlog.get_logger("phones")


async def serve_upload(request: web.Request, folder: FileFolder) -> web.StreamResponse:
    """Answer `GET` or `HEAD` of `/files/<name>`."""
    name = request.match_info["name"]
    place = folder.place_of(name)
    if place is None or not await asyncio.to_thread(place.is_file):
        response: web.StreamResponse = answers.not_found()
    else:
        response = web.FileResponse(place, headers={"Content-Type": content_type_of(place.suffix[1:])})
        response.headers["X-Content-Type-Options"] = "nosniff"
    # Logging the full name would give readers of the log access to the file.
    _log.info("phone_file", method=request.method, file=f"{name[:6]}…", status=response.status, source=request.remote)
    return response
