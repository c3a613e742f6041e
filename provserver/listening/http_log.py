"""Redirects aiohttp's log messages to ours. Malformed requests take one line, or scanners would fill the disk."""

import logging

import structlog
from aiohttp import web_response
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

_log = structlog.get_logger("listening")

# aiohttp's own responses to malformed requests would reveal the versions of aiohttp and Python.
web_response.SERVER_SOFTWARE = "provserver"  # type: ignore[attr-defined]  # there is no other way


class _OneLine(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, RequestPayloadError):  # a body that cannot be decompressed
            _log.info("bad_request", reason=str(error).splitlines()[-1].strip())
        elif isinstance(error, HttpProcessingError):
            source = record.args[0] if isinstance(record.args, tuple) and record.args else None
            _log.info("bad_request", source=source, reason=error.message.splitlines()[0])
        else:
            _log.error("http_failed", reason=record.getMessage(), exc_info=record.exc_info)


def http_logger() -> logging.Logger:
    """The logger for aiohttp's runner."""
    logger = logging.getLogger("provserver.http")
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    if not logger.handlers:
        logger.addHandler(_OneLine())
    return logger
