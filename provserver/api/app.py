"""Builds the API application from the route table."""

from aiohttp import web

from provserver.api.dispatch import endpoint, envelope, name_request
from provserver.api.docs_page import serve_docs
from provserver.api.face import FACE, ApiFace
from provserver.api.metrics import METRICS, ApiMetrics
from provserver.api.openapi import DESCRIPTION, Description, serve_document
from provserver.api.reading import MAX_BODY
from provserver.api.resources.stream import STREAMS, Streams
from provserver.api.routes import PUBLIC_ROUTES, ROUTES

__all__ = ["ApiFace", "build_api"]


def build_api(face: ApiFace) -> web.Application:
    """Build the application; its metrics are added to `face.registry`."""
    app = web.Application(middlewares=[envelope], client_max_size=MAX_BODY)
    app[FACE] = face
    app[METRICS] = ApiMetrics(face.registry)
    app[STREAMS] = Streams()
    app[DESCRIPTION] = Description(ROUTES, PUBLIC_ROUTES)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, endpoint(route))
    for public in PUBLIC_ROUTES:
        app.router.add_get(public.path, public.handler)  # add_get also answers HEAD, which load balancers use
    app.router.add_get("/openapi.json", serve_document)
    app.router.add_get("/docs", serve_docs)
    app.on_response_prepare.append(name_request)
    app.on_shutdown.append(app[STREAMS].end)
    return app
