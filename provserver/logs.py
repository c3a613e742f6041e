"""Structured logging: one line per thing that happened, as text for people or JSON for machines, on stderr."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
import structlog

from provserver.config import Log


def configure_logging(log: Log) -> None:
    """Set up structlog once per process."""
    rendering: structlog.typing.Processor
    writing: Callable[..., structlog.typing.WrappedLogger]
    if log.format == "json":
        rendering = structlog.processors.JSONRenderer(serializer=_as_json)
        writing = structlog.BytesLoggerFactory(sys.stderr.buffer)
    else:
        rendering = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        writing = structlog.PrintLoggerFactory(sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, log.level.upper())),
        logger_factory=writing,
        cache_logger_on_first_use=False,
    )


def _as_json(line: dict[str, Any], default: Callable[[Any], Any]) -> bytes:
    return orjson.dumps(line, default=default)
