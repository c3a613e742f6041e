"""All errors of the product. They are independent of HTTP and exit codes; each front end maps them in one table.

Every error carries a message for people, a machine-readable `code`, and `details` from field path to reason.
"""

from collections.abc import Mapping


class ProvserverError(Exception):
    """Base class. `code` is stable and machine-readable; `details` maps a field path to what is wrong with it."""

    code = "internal_error"

    def __init__(self, message: str, *, code: str | None = None, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.details = dict(details or {})


class Invalid(ProvserverError):
    """Malformed input: a wrong type, an unknown name, or a value out of range."""

    code = "validation_error"


class Unauthenticated(ProvserverError):
    """No API key, or one that is not valid (any more)."""

    code = "unauthenticated"


class Forbidden(ProvserverError):
    """The API key is valid but lacks the permission."""

    code = "forbidden"


class NotFound(ProvserverError):
    """Does not exist, or belongs to another account; the two cannot be told apart."""

    code = "not_found"


class Conflict(ProvserverError):
    """The request contradicts stored data."""

    code = "conflict"


class Impossible(ProvserverError):
    """Well-formed, but impossible with these objects."""

    code = "unprocessable"


class CannotCarry(Impossible):
    """A vendor's file syntax cannot represent the value. Raised when it is set, so that no broken file is rendered."""

    code = "value_not_expressible"


class TooManyRequests(ProvserverError):
    """Rate limited. `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Overloaded(ProvserverError):
    """Too much load to answer in time; retry later."""

    code = "overloaded"


class StoreUnavailable(ProvserverError):
    """The database is down, locked or full. Must never be treated as an unknown phone."""

    code = "store_unavailable"


class Contended(StoreUnavailable):
    """The database aborted a transaction because of a concurrent one; a retry may succeed."""


class StorageFull(ProvserverError):
    """No room for a file: the disk is full or the account's quota is used up."""

    code = "insufficient_storage"


class RenderingFailed(ProvserverError):
    """A template failed. `template` is its name."""

    code = "rendering_failed"

    def __init__(self, message: str, *, template: str) -> None:
        super().__init__(message)
        self.template = template


class BadConfiguration(ProvserverError):
    """An invalid configuration, vendor or key file that prevents the start. The message names file, line and key."""

    code = "bad_configuration"
