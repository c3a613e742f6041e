"""The context of a write transaction."""

from dataclasses import dataclass
from datetime import datetime

from provserver.services.sources import Sources
from provserver.store.database import Connection
from provserver.store.sealing import Sealer

__all__ = ["Actor", "Change", "Connection"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: an API key (by id), with request id and source address."""

    key_id: str
    request_id: str | None = None
    source_ip: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A write transaction made by `actor` at time `at`."""

    conn: Connection
    sealer: Sealer
    sources: Sources
    actor: Actor
    at: datetime
