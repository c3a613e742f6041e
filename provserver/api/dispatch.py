"""Dispatches requests to handlers; adds request ids, error responses and metrics."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

from provserver.api import authentication
from provserver.api.call import AlreadyAnswered, Answer, Call
from provserver.api.errors import MethodNotAllowed, error_answer, json_answer, status_of
from provserver.api.face import FACE
from provserver.api.metrics import METRICS
from provserver.api.models.shared import Query
from provserver.api.permissions import check_permission
from provserver.api.reading import read_body, read_path, read_query
from provserver.api.route import Route
from provserver.domain.errors import Invalid, NotFound, ProvserverError

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_ID = web.RequestKey("request_id", str)
_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_log = structlog.get_logger("api")


def endpoint(route: Route) -> Next:
    """The aiohttp handler of a route: authenticates, authorizes, validates, then calls the handler."""

    async def handle(request: web.Request) -> web.StreamResponse:
        face = request.app[FACE]
        caller = await authentication.authenticate(face, request)
        check_permission(caller, route)
        call: Call[Any, Any] = Call(
            face=face,
            caller=caller,
            path=read_path(request.match_info),
            query=read_query(request.query, route.query or Query),
            body=await read_body(request, route.body) if route.body else None,
            request_id=request[REQUEST_ID],
            request=request,
        )
        try:
            # A handler has no outside effect before its transaction is committed, so it can be retried.
            answer = await face.database.persist(lambda: route.handler(call))
        except AlreadyAnswered as repetition:
            response = json_answer(repetition.first.answer, repetition.first.status)
            response.headers["Idempotency-Replayed"] = "true"
            return response
        return answer.response() if isinstance(answer, Answer) else answer

    return handle


@web.middleware
async def envelope(request: web.Request, handler: Next) -> web.StreamResponse:
    """Middleware: gives each request an id, turns errors into responses, and counts."""
    request[REQUEST_ID] = _request_id(request)
    started = time.perf_counter()
    try:
        response = await handler(request)
    except ProvserverError as error:
        response = _refused(request, error)
    except web.HTTPMethodNotAllowed as error:
        response = error_answer(MethodNotAllowed(set(error.allowed_methods)))
    except web.HTTPNotFound:
        response = error_answer(NotFound("there is nothing at this path"))
    except web.HTTPException as error:
        response = error_answer(Invalid(error.reason, code="malformed_request"))
    except Exception:  # noqa: BLE001 - any error gets a response and a log entry
        _log.exception("request_failed", request_id=request[REQUEST_ID], path=request.path)
        response = error_answer(ProvserverError("unexpected"))
    seconds = time.perf_counter() - started
    request.app[METRICS].answered(_route_name(request), request.method, response.status, seconds)
    return response


async def name_request(request: web.Request, response: web.StreamResponse) -> None:
    """Add the request id and security headers to every response."""
    response.headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    response.headers["Server"] = "provserver"
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if _SANE_ID.fullmatch(given) else request.app[FACE].sources.new_id("req")


def _refused(request: web.Request, error: ProvserverError) -> web.Response:
    if status_of(error) >= 500:
        _log.error("request_failed", request_id=request[REQUEST_ID], path=request.path, error=error.message)
    return error_answer(error)


def _route_name(request: web.Request) -> str:
    """The route's pattern rather than the path, so that ids do not become label values."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"
