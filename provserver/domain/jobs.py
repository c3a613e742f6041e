"""Check-sync jobs over many devices, and the state of each device in a job."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """The state of a job."""

    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class JobDeviceState(StrEnum):
    """The state of a device in a job, including the four results of a line."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    NOT_REGISTERED = "not_registered"
    UNREACHABLE = "unreachable"
    ERROR = "error"
    SKIPPED = "skipped"
    """The phone already has its current configuration."""
    GONE = "gone"
    """The device was deleted, or can no longer be notified."""
    INTERRUPTED = "interrupted"
    """The server stopped while notifying it. It may have been notified, so it is not notified again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSyncJob:
    """A job. `counts`: number of devices in each state; states without devices are omitted."""

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
        """Number of devices still waiting."""
        return self.counts.get(JobDeviceState.WAITING, 0)

    @property
    def done(self) -> int:
        """Number of devices with a final state."""
        return self.total - self.remaining - self.counts.get(JobDeviceState.SENDING, 0)
