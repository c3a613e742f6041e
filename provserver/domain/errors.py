"""The family of failures. It knows no HTTP and no exit codes: the faces translate, each in one table.

Every failure carries a text for people, a machine `code`, and `details` from field path to reason.
"""

from collections.abc import Mapping


class ProvserverError(Exception):
    """The root. `code` is stable and machine-readable; `details` maps a field path to what is wrong with it."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = dict(details or {})


class Invalid(ProvserverError):
    """The input is malformed: a wrong type, an unknown name, a value out of its range."""

    code = "validation_error"


class Unauthenticated(ProvserverError):
    """No API key, or one that is not (or no longer) good."""

    code = "unauthenticated"


class Forbidden(ProvserverError):
    """The key is good but does not reach this far."""

    code = "forbidden"


class NotFound(ProvserverError):
    """Not there, or in another account: the two cannot be told apart."""

    code = "not_found"


class Conflict(ProvserverError):
    """The request contradicts what is stored."""

    code = "conflict"


class Impossible(ProvserverError):
    """Well formed, but it cannot be done with these objects."""

    code = "unprocessable"


class CannotCarry(Impossible):
    """A value that a vendor's file syntax cannot carry; refused when it is written, never rendered broken."""

    code = "value_not_expressible"


class TooManyRequests(ProvserverError):
    """Slow down; `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Overloaded(ProvserverError):
    """More is asked for than can be done in time; later it can."""

    code = "overloaded"


class StoreUnavailable(ProvserverError):
    """The database is down, locked or full. An outage: never to be taken for an unknown phone."""

    code = "store_unavailable"


class Contended(StoreUnavailable):
    """The database undid a write for the sake of another one; the same again may well succeed."""


class StorageFull(ProvserverError):
    """No room for a file: the disk is full, or what an account may hold is used up."""

    code = "insufficient_storage"


class RenderingFailed(ProvserverError):
    """A template is broken. `template` names the file."""

    code = "rendering_failed"

    def __init__(self, message: str, *, template: str) -> None:
        super().__init__(message)
        self.template = template


class BadConfiguration(ProvserverError):
    """A configuration, vendor or key file that must stop the start; the text names file, line and key."""

    code = "bad_configuration"
