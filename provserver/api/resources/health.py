"""Liveness, readiness and metrics. No key is needed."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from provserver.api.call import Answer
from provserver.api.face import FACE
from provserver.api.models.observed import Health
from provserver.services.readiness import check_ready


async def live(_: web.Request) -> web.StreamResponse:
    """200 if the process responds."""
    return Answer(200, Health(status="ok")).response()


async def ready(request: web.Request) -> web.StreamResponse:
    """200 if the database responds and its schema is current; else 503."""
    await check_ready(request.app[FACE].database)
    return Answer(200, Health(status="ready")).response()


async def metrics(request: web.Request) -> web.StreamResponse:
    """Prometheus metrics."""
    body = generate_latest(request.app[FACE].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
