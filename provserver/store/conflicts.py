"""Maps violated constraints to `Conflict`, or to `Contended` for numbers that we assign."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from provserver.domain.errors import Conflict, Contended


@dataclass(frozen=True, slots=True)
class _Columns:
    """A unique constraint."""

    table: str
    columns: tuple[str, ...]

    def broken_in(self, text: str) -> bool:
        # SQLite reports the columns, PostgreSQL and CockroachDB the constraint name.
        by_columns = ", ".join(f"{self.table}.{column}" for column in self.columns)
        by_name = f"uq_{self.table}_{'_'.join(self.columns)}"
        return text.endswith(f"failed: {by_columns}") or f'"{by_name}"' in text


@dataclass(frozen=True, slots=True)
class _Rule(_Columns):
    code: str
    field: str
    reason: str


_RULES = (
    _Rule("devices", ("mac",), "mac_address_taken", "mac_address", "is taken by another device"),
    _Rule("devices", ("account_id", "ipei"), "ipei_taken", "ipei", "is taken by another handset"),
    _Rule("users", ("account_id", "sip_username", "sip_domain"), "sip_username_taken", "sip.username", "is taken"),
    _Rule("users", ("account_id", "extension"), "extension_taken", "extension", "is taken"),
    _Rule("assignments", ("device_id", "user_id"), "user_already_assigned", "user_id", "is on this device already"),
    _Rule("check_sync_jobs", ("running_account",), "job_running", "account", "has a check-sync job that still runs"),
    _Rule("buttons", ("owner_id", "position"), "position_taken", "position", "has a button already; delete that first"),
)

# Numbers that we assign, the lowest free ones. A concurrent transaction has taken the same; a retry gets the next.
_OUR_CHOICES = (
    _Columns("assignments", ("device_id", "line_number")),
    _Columns("devices", ("base_id", "slot_number")),
)


@contextmanager
def conflicts_named() -> Iterator[None]:
    """Turn a constraint violation into `Conflict` with code and field, or `Contended` for a number that we assign.

    A violation without a rule (a row deleted meanwhile, an existing id) is a generic `conflict`.
    """
    try:
        yield
    except IntegrityError as error:
        text = str(error.orig)
        if any(choice.broken_in(text) for choice in _OUR_CHOICES):
            raise Contended("another has taken the same number") from error
        for rule in _RULES:
            if rule.broken_in(text):
                message = f"{rule.field} {rule.reason}"
                raise Conflict(message, code=rule.code, details={rule.field: rule.reason}) from error
        raise Conflict("something it refers to was changed or deleted meanwhile; read it again") from error
