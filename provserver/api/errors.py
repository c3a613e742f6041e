"""Maps errors to HTTP statuses, and builds error responses."""

import json
from collections.abc import Mapping

from aiohttp import web

from provserver.domain.errors import (
    Conflict,
    Forbidden,
    Impossible,
    Invalid,
    NotFound,
    ProvserverError,
    StorageFull,
    StoreUnavailable,
    TooManyRequests,
    Unauthenticated,
)


class MethodNotAllowed(ProvserverError):
    """The path exists, but not with this method; `allowed` are those that do."""

    code = "method_not_allowed"

    def __init__(self, allowed: set[str]) -> None:
        self.allowed = ", ".join(sorted(allowed))
        super().__init__(f"this path takes {self.allowed}")


class TooLarge(ProvserverError):
    """The body exceeds the limit."""

    code = "body_too_large"


class WrongContentType(ProvserverError):
    """The content type is not JSON."""

    code = "unsupported_content_type"


STATUS: Mapping[type[ProvserverError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    TooLarge: 413,
    WrongContentType: 415,
    Impossible: 422,
    TooManyRequests: 429,
    StoreUnavailable: 503,
    StorageFull: 507,
    ProvserverError: 500,
}
_RETRY_SECONDS = 5
_INTERNAL = "something went wrong here; the log has it under this request id"


def status_of(error: ProvserverError) -> int:
    """The status for an error, by the nearest class in the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def error_answer(error: ProvserverError) -> web.Response:
    """`{"error", "code", "details"}`, with the headers for the status."""
    status = status_of(error)
    if status == 500:  # internal details go to the log only
        return json_answer({"error": _INTERNAL, "code": "internal_error", "details": {}}, status)
    message = "the database does not answer; try again" if status == 503 else error.message
    answer = json_answer({"error": message, "code": error.code, "details": error.details}, status)
    answer.headers.update(_headers(error))
    return answer


def json_answer(value: object, status: int = 200) -> web.Response:
    """A JSON response in UTF-8."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")


def _headers(error: ProvserverError) -> dict[str, str]:
    match error:
        case Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="provserver"'}
        case MethodNotAllowed(allowed=allowed):
            return {"Allow": allowed}
        case TooManyRequests(retry_after=seconds):
            return {"Retry-After": str(seconds)}
        case StoreUnavailable():
            return {"Retry-After": str(_RETRY_SECONDS)}
    return {}
