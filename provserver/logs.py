"""Structured logging to stderr, one line per event, as text or JSON."""

import asyncio
import logging
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, Literal

import orjson
import structlog

from provserver.config import Log

_LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE


def configure_logging(log: Log) -> None:
    """Configure structlog, once per process."""
    level = getattr(logging, log.level.upper())
    Line.out = _Output(sys.stderr.buffer) if log.format == "json" and level <= logging.INFO else None
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
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=writing,
        cache_logger_on_first_use=False,
    )


def _as_json(line: dict[str, Any], default: Callable[[Any], Any]) -> bytes:
    return orjson.dumps(line, default=default)


class Line:
    """A log line of the many requests of phones, written past structlog as JSON.

    It may be repeated with other values of some fields; the others are serialized once.
    """

    out: "_Output | None" = None

    def __init__(self, log: Any, event: str, same: dict[str, Any], level: Literal["info", "error"] = "info") -> None:
        self._log = getattr(log, level)
        self._event = event
        self._ready = orjson.dumps({**same, "event": event, "level": level})[:-1] + b","

    def tell(self, at: datetime, different: dict[str, Any]) -> None:
        """Write the line with this time and these fields."""
        if self.out is None:
            same = orjson.loads(self._ready[:-1] + b"}")
            self._log(self._event, **{name: same[name] for name in same if name not in ("event", "level")}, **different)
        else:
            different["timestamp"] = at
            self.out.write(self._ready + orjson.dumps(different, option=_LINE)[1:])


class _Output:
    """Collects the lines of one event loop iteration and writes them together."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._flush)
        self._lines.append(line)

    def _flush(self) -> None:
        lines, self._lines = self._lines, []
        self._file.write(b"".join(lines))
        self._file.flush()
