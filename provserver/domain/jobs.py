"""Jobs that tell many devices to fetch their configuration anew, and what became of each device in one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class JobDeviceState(StrEnum):
    """What became of one device of a job; beside the four statuses of a line."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    NOT_REGISTERED = "not_registered"
    UNREACHABLE = "unreachable"
    ERROR = "error"
    SKIPPED = "skipped"
    """Its phone has what it would get."""
    GONE = "gone"
    """The device was deleted, or can no longer be told anything."""
    INTERRUPTED = "interrupted"
    """The server ended while it was told; it may or may not have been, and is not told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSyncJob:
    """A job. `counts` holds how many devices are in each state, without those that are in none."""

    id: str
    account_id: str
    state: JobState = JobState.RUNNING
    filter: Mapping[str, Any]
    reboot: bool
    only_if_stale: bool
    rate_per_second: float
    total: int
    key_id: str
    created_at: datetime
    finished_at: datetime | None = None
    counts: Mapping[JobDeviceState, int] = field(default_factory=dict)

    @property
    def remaining(self) -> int:
        """Devices whose turn has not come."""
        return self.counts.get(JobDeviceState.WAITING, 0)

    @property
    def done(self) -> int:
        """Devices of which something became."""
        return self.total - self.remaining - self.counts.get(JobDeviceState.SENDING, 0)
