"""Generates the OpenAPI 3.1 document from the route table and the validating models."""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from aiohttp import web
from pydantic import TypeAdapter

from provserver import __version__
from provserver.api.authentication import ACCOUNT_HEADER
from provserver.api.errors import json_answer
from provserver.api.models.observed import Health
from provserver.api.models.shared import Failure
from provserver.api.route import UPLOAD, PublicRoute, Route

Document = dict[str, Any]
Mode = Literal["validation", "serialization"]
_ANSWERS: Mode = "serialization"
_REFERENCE = "#/components/schemas/{model}"
_INTRODUCTION = """Devices, users and settings of desk phones and DECT systems.

Send an API key as `Authorization: Bearer sk_live_…`. A platform key names the account it acts in with the header
`DialStack-Account`. An update is a POST with the semantics of JSON Merge Patch (RFC 7396): what is absent stays, null
clears, objects merge, arrays replace. Every answer has an `X-Request-Id`."""
_MEANINGS = {
    200: "Done",
    201: "Created",
    204: "Done; there is nothing to say",
    400: "Malformed or invalid; `details` names the fields",
    401: "No API key, or one that is not (or no longer) good",
    403: "The key does not reach this far",
    404: "Not there, or in another account",
    409: "Contradicts what is stored",
    413: "The body is larger than it may be; 1 MiB for JSON",
    415: "The body is not said to be what it must be, mostly JSON",
    422: "Well formed, but cannot be done with these objects",
    429: "Too many; `Retry-After` says when to try again",
    507: "No room: the disk is full, or what an account may hold is used up",
    503: "The database does not answer; `Retry-After` says when to try again",
}
_PATH_MEANINGS = {
    "id": "Id from an earlier answer",
    "hid": "Id of a handset",
    "bid": "Id of a button",
    "oid": "Id of a button override",
    "user_id": "Id of a user",
    "name": "File name from the list of files",
    "vendor": "Name of a vendor",
    "mac": "MAC address in any usual spelling",
    "source": "A blocked source as it is listed, or an address in it",
}


class Description:
    """The document, generated on first use because that takes longer than all the rest of the start."""

    def __init__(self, routes: Iterable[Route], public: Iterable[PublicRoute]) -> None:
        self._routes, self._public = routes, public
        self._made: Document | None = None
        self._turn = asyncio.Lock()

    async def document(self) -> Document:
        """The document; generated in a thread."""
        async with self._turn:
            if self._made is None:
                self._made = await asyncio.to_thread(build_document, self._routes, self._public)
            return self._made


DESCRIPTION = web.AppKey("description", Description)


async def serve_document(request: web.Request) -> web.StreamResponse:
    """`GET /openapi.json`."""
    return json_answer(await request.app[DESCRIPTION].document())


def build_document(routes: Iterable[Route], public: Iterable[PublicRoute]) -> Document:
    """The document for these routes."""
    routes = list(routes)
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.openapi_path, {})[route.method.lower()] = _operation(route, schemas)
    for open_route in public:
        paths[open_route.path] = {"get": _public_operation(open_route, schemas)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "provserver", "version": __version__, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas.shown(),
            "responses": {
                str(status): _response(status, ("application/json", schemas.of(Failure)))
                for status in sorted({status for route in routes for status in route.failures})
            },
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "headers": {"X-Request-Id": {"description": "Names the request in the log", "schema": {"type": "string"}}},
        },
    }


class _Schemas:
    """All models of the routes, generated together so that they share definitions."""

    def __init__(self, routes: Iterable[Route]) -> None:
        models = {(_key(Failure), _ANSWERS): Failure, (_key(Health), _ANSWERS): Health}
        for route in routes:
            models |= {(_key(model), mode): model for model, mode in _models(route)}
        made, shared = TypeAdapter.json_schemas(
            [(key, mode, TypeAdapter(model)) for (key, mode), model in models.items()], ref_template=_REFERENCE
        )
        definitions = shared["$defs"]
        # Pydantic derives a list's name from all of its item types; the title is the name we gave it.
        renamed = {name: schema["title"] for name, schema in definitions.items() if name.startswith("Listing_")}
        self._made = {key: _renamed(schema, renamed) for key, schema in made.items()}
        self.definitions = {
            renamed.get(name, name): _renamed(schema, renamed) for name, schema in sorted(definitions.items())
        }

    def of(self, model: Any, mode: Mode = "serialization") -> dict[str, Any]:
        """The schema of a model, usually a reference."""
        return dict(self._made[(_key(model), mode)])

    def shown(self) -> dict[str, Any]:
        """The definitions, without those of query parameters, which are listed with their routes."""
        return {name: schema for name, schema in self.definitions.items() if not name.endswith("Query")}


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, list):
        return [_renamed(item, names) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _renamed(value, names) for key, value in schema.items()}
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return {**found, "$ref": _REFERENCE.format(model=names[name])} if name in names else found


def _key(model: Any) -> str:
    return repr(model)


def _models(route: Route) -> Iterator[tuple[Any, Mode]]:
    if route.body is not None:
        yield route.body, "validation"
    if route.query is not None:
        yield route.query, "validation"
    if route.answer is not None:
        yield route.answer, _ANSWERS
    for model in route.refusals.values():
        yield model, _ANSWERS


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    summary, _, rest = (route.handler.__doc__ or "").partition("\n")
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": summary.rstrip("."),
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_headers(route)],
        "responses": {
            str(route.status): _success(route, schemas),
            **_failures(route.failures),
            **{
                str(status): _response(status, ("application/json", schemas.of(model)))
                for status, model in route.refusals.items()
            },
        },
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if route.body is not None:
        schema = schemas.of(route.body, "validation")
        # An empty body counts as {}, which is only valid for a model without required fields.
        required = _has_required(schemas.definitions.get(route.body.__name__, schema))
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    if route.upload:
        schema = {"type": "string", "format": "binary", "minLength": 1}
        operation["requestBody"] = {"required": True, "content": {UPLOAD: {"schema": schema}}}
    return operation


def _has_required(schema: dict[str, Any]) -> bool:
    return "required" in schema or "anyOf" in schema


def _operation_id(route: Route) -> str:
    words = [word for word in route.openapi_path.replace("-", "_").split("/")[2:] if word]
    return "_".join([route.method.lower(), *(word.strip("{}") for word in words)])


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in route.parameters:
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_MEANINGS[name],
            "schema": {"type": "string", "minLength": 1},
        }


def _query_parameters(route: Route, schemas: _Schemas) -> Iterator[dict[str, Any]]:
    if route.query is None:
        return
    properties = schemas.definitions[route.query.__name__]["properties"]
    for field_name, field in route.query.model_fields.items():
        name = field.alias or field_name
        schema = dict(properties[name])
        parameter = {
            "name": name,
            "in": "query",
            "required": field.is_required(),
            "description": schema.pop("description", ""),
            "schema": _without_null(schema),
        }
        yield {key: value for key, value in parameter.items() if value != ""}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove null: a query parameter is absent, never null."""
    options = [option for option in schema.pop("anyOf", []) if option.get("type") != "null"]
    if schema.get("default", 0) is None:
        schema.pop("default")
    return {**schema, **(options[0] if options else {})}


def _headers(route: Route) -> Iterator[dict[str, Any]]:
    if route.scope in ("account", "either"):
        meaning = "The account to act in; " + (
            "needed with a platform key" if route.scope == "account" else "without it, all accounts"
        )
        yield _header(ACCOUNT_HEADER, meaning, {"type": "string"})
    if route.status == 201:
        meaning = "Within 24 hours the same key and body get the same answer"
        yield _header("Idempotency-Key", meaning, {"type": "string", "minLength": 1, "maxLength": 255})


def _header(name: str, meaning: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": meaning, "schema": schema}


def _success(route: Route, schemas: _Schemas) -> dict[str, Any]:
    if route.status == 204:
        return _response(204, None)
    if route.answer is None:
        return _response(200, ("text/event-stream", {"type": "string"}))
    return _response(route.status, ("application/json", schemas.of(route.answer)))


def _failures(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses}


def _response(status: int, content: tuple[str, dict[str, Any]] | None) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _MEANINGS[status],
        "headers": {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}},
    }
    if content is not None:
        response["content"] = {content[0]: {"schema": content[1]}}
    return response


def _public_operation(route: PublicRoute, schemas: _Schemas) -> dict[str, Any]:
    responses = {}
    for status, (content_type, model) in route.answers.items():
        schema = {"type": "string"} if model is None else schemas.of(model)
        responses[str(status)] = _response(status, (content_type, schema))
    return {
        "operationId": route.path.strip("/"),
        "summary": (route.handler.__doc__ or "").rstrip("."),
        "tags": [route.tag],
        "security": [],
        "responses": responses,
    }
