"""Deletes old events in the background, in small steps that do not delay others.

All instances may run it concurrently.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog

from provserver.domain.errors import StoreUnavailable
from provserver.domain.ids import new_id
from provserver.services.sources import Sources
from provserver.store.database import Database
from provserver.store.events import prune_events
from provserver.store.late_events import prune_batches

_ROUND_SECONDS = 600.0  # between two runs
_STEP = 500  # events per transaction, taking some tens of milliseconds
_REST = 9  # pause after a step, as a multiple of its duration
_LATE_KEPT = timedelta(days=1)  # for clients that reconnect after a pause

_log = structlog.get_logger("retention")


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes events older than `keep` seconds."""

    database: Database
    sources: Sources
    keep: int

    async def run(self) -> None:
        """Run periodically until cancelled."""
        while True:
            try:
                gone = await self.round()
            except StoreUnavailable as error:
                _log.warning("events_not_pruned", reason=error.message)
            except Exception:  # noqa: BLE001 - a failed run must not end the loop
                _log.exception("pruning_failed")
            else:
                if gone:
                    _log.info("events_pruned", count=gone, older_than_seconds=self.keep)
            await asyncio.sleep(_ROUND_SECONDS)

    async def round(self) -> int:
        """Delete all expired events and return the number. Raises `StoreUnavailable`."""
        now = self.sources.now()
        before, gone = now - timedelta(seconds=self.keep), 0
        past = new_id("late", now - _LATE_KEPT, bytes(10))
        await self.database.add(lambda conn: prune_batches(conn, past))
        while True:
            began = time.monotonic()
            step = await self.database.add(lambda conn: prune_events(conn, before, limit=_STEP))
            gone += step
            if step < _STEP:
                return gone
            await asyncio.sleep((time.monotonic() - began) * _REST)
