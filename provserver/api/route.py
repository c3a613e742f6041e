"""One entry of the route table: its input, its responses, and who may call it."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from provserver.api.call import Answer, Call

Scope = Literal["public", "platform", "account", "either"]
"""`either`: for the account in the header, or with a platform key alone for all."""
Handler = Callable[[Call[Any, Any]], Awaitable[Answer | web.StreamResponse]]
Plain = Callable[[web.Request], Awaitable[web.StreamResponse]]

_DEVICE_TAGS = frozenset({"Devices", "Desk phones", "DECT", "Jobs"})
_READ_WITH_DEVICES = frozenset({"Users", "Vendors"})
_READS = (400, 401, 403, 404, 429, 503)
UPLOAD = "application/octet-stream"
"""The content type of a file upload."""
_UPLOADS = (*_READS, 409, 413, 415, 507)
_BODIES = (*_READS, 409, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a path. `errors`: statuses besides those common to all routes of its kind.

    `upload`: the body is a file. `refusals`: status -> model of an error response with additional fields.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler
    tag: str
    status: int = 200
    answer: type[BaseModel] | Any = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    upload: bool = False
    scope: Scope = "account"
    errors: tuple[int, ...] = field(default=())
    refusals: Mapping[int, type[BaseModel]] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @property
    def is_provisioning(self) -> bool:
        """Whether a provisioning-only key may call it: everything about devices and what their files are made from."""
        return self.tag in _DEVICE_TAGS or (self.tag in _READ_WITH_DEVICES and not self.writes)

    @property
    def parameters(self) -> list[str]:
        """The names of the ids in the path."""
        return re.findall(r"\{(\w+)", self.path)

    @property
    def failures(self) -> list[int]:
        """The statuses of its error responses."""
        usual = _UPLOADS if self.upload else _BODIES if self.body else _READS
        return sorted({*usual, *self.errors})

    @property
    def openapi_path(self) -> str:
        """The path in OpenAPI notation."""
        return re.sub(r"\{(\w+):[^}]*\}", r"{\1}", self.path)


@dataclass(frozen=True, slots=True)
class PublicRoute:
    """A GET without key and parameters. `answers`: status -> content type and model."""

    path: str
    handler: Plain
    tag: str
    answers: Mapping[int, tuple[str, type[BaseModel] | None]]
