"""Strict parsing of JSON bodies, query parameters and path ids."""

import asyncio
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from provserver.api.errors import TooLarge, WrongContentType
from provserver.domain.errors import Invalid, NotFound
from provserver.domain.findings import invalid_from
from provserver.domain.vocabulary import NAMES

MAX_BODY = 1024 * 1024
BODY_SECONDS = 30
_JSON_TYPES = ("application/json", "application/merge-patch+json")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_FILE = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Parse the body as `model`; an empty body counts as `{}`.

    Raises `Invalid` naming every wrong field, `TooLarge` or `WrongContentType`.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(f"the body is larger than {MAX_BODY} bytes") from None
    except TimeoutError:
        raise Invalid(f"the body was not received within {BODY_SECONDS} seconds", code="malformed_body") from None
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Invalid(f"the body cannot be read: {error}", code="malformed_body") from None
    if not raw:
        return _validated(model, b"{}")
    if request.content_type not in _JSON_TYPES or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise WrongContentType("the body must be JSON in UTF-8, with Content-Type: application/json")
    _check_json(raw)
    return _validated(model, raw)


def read_query(query: MultiMapping[str], model: type[Model]) -> Model:
    """Parse the query as `model`. Raises `Invalid` for unknown, repeated and wrong parameters."""
    lists = {field.alias or name for name, field in model.model_fields.items() if _is_list(field.annotation)}
    values: dict[str, Any] = {}
    for name in query:
        given = query.getall(name)
        if not all(map(_is_text, (name, *given))):
            raise Invalid(
                f"{name} contains a NUL or a lone surrogate", details={name: "contains a NUL or a lone surrogate"}
            )
        if name in lists:
            values[name] = given
        elif len(given) > 1:
            raise Invalid(f"{name} is given more than once", details={name: "is given more than once"})
        else:
            values[name] = given[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _pagination(invalid_from(error, "")) from None


def read_path(match: Mapping[str, str]) -> dict[str, str]:
    """The ids in the path. Raises `NotFound` for an impossible id."""
    for name, value in match.items():
        if not (_FILE if name == "name" else _ID).fullmatch(value):
            raise NotFound("there is nothing here")
    return dict(match)


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (list, tuple, frozenset)


def _validated(model: type[Model], raw: bytes) -> Model:
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_from(error, "", NAMES) from None


def _pagination(error: Invalid) -> Invalid:
    if {"limit", "page"} & error.details.keys():
        return Invalid(error.message, code="invalid_pagination", details=error.details)
    return error


def _check_json(raw: bytes) -> None:
    """Raise `Invalid` for input that JSON parsers treat differently.

    Bad UTF-8, repeated names, NaN, lone surrogates.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_pairs,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_short,
        )
    except Invalid:
        raise
    except RecursionError:
        raise Invalid("the body is nested too deeply", code="malformed_body") from None
    except ValueError as error:
        raise Invalid(f"the body is not JSON: {error}", code="malformed_body") from None
    if not isinstance(value, dict):
        raise Invalid("the body must be a JSON object", details={"body": "must be an object"})


def _pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(f"{name} occurs twice in one object", code="malformed_body", details={name: "occurs twice"})
        for text in (name, value):
            if isinstance(text, str):
                _check_characters(text)
        found[name] = value
    return found


def _is_text(value: str) -> bool:
    """Whether every database can store it."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _check_characters(text: str) -> None:
    if not _is_text(text):
        raise Invalid("the body contains a NUL or a lone surrogate", code="malformed_body")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _short(text: str) -> int:
    if len(text) > 30:
        raise ValueError(f"{text[:20]}… has too many digits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number
