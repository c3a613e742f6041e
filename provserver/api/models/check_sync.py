"""Check-sync: telling one or many phones to fetch their configuration."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from provserver.api.models.devices import Vendor
from provserver.api.models.shared import Body, Failure, Shown, Word
from provserver.domain.checksync import LineStatus
from provserver.domain.device import DeviceStatus, DeviceType
from provserver.domain.jobs import CheckSyncJob as JobRecord
from provserver.domain.jobs import JobDeviceState, JobState
from provserver.services.checksync.resync_reports import LineReport, ResyncReport
from provserver.services.devices.devices import DeviceFilter


class CheckSyncOrder(Body):
    """Options of a check-sync."""

    reboot: bool = Field(default=False, description="Make the phone reboot; it may do so anyway")
    only_if_stale: bool = Field(default=False, description="Skip a phone with its current configuration")


class NotifiedLine(Shown):
    """The result for a line. `delivered`: the phone accepted. Whether it acted is shown by its next fetch."""

    line_number: int = Field(
        description="For a DECT base the number of the SIP account; 0: the account of the chain id"
    )
    status: LineStatus
    sip_status: int | None = Field(description="Final SIP response; null: none")
    reason: str | None = Field(description="As text; starts with `proxy:` if the phone is not the cause")
    targeted: bool = Field(description="Whether only this device was notified; false: all devices of the user")
    other_devices: list[str] = Field(description="If `targeted` is false: the user's other devices")


class CheckSyncDone(Shown):
    """The phone was notified."""

    success: Literal[True] = True
    lines_notified: int
    lines: list[NotifiedLine]
    skipped: bool = Field(description="With `only_if_stale`: not notified, as it has its current configuration")


class CheckSyncFailure(Failure):
    """No line accepted."""

    reason: Literal["not_registered", "unreachable"]
    lines: list[NotifiedLine]


class JobFilter(Body):
    """Filter for devices; the same as for `/v1/devices`."""

    type: DeviceType | None = Field(default=None, description="Absent: desk phones and DECT bases")
    status: DeviceStatus | None = None
    vendor: Vendor | None = None
    model: Word | None = None
    location: Word | None = None
    search: Word | None = Field(default=None, description="As in the list of devices")
    stale: bool | None = Field(default=None, description="Whether its file has changed since it was fetched")

    def chosen(self) -> DeviceFilter:
        """The filter for the service."""
        return DeviceFilter(**{name: getattr(self, name) for name in type(self).model_fields})


class JobCreate(Body):
    """A new job."""

    filter: JobFilter = Field(default=JobFilter(), description="Absent: all desk phones and DECT bases")
    reboot: bool = Field(default=False, description="Make the phones reboot; they may do so anyway")
    only_if_stale: bool = Field(default=False, description="Skip phones with their current configuration")
    rate_per_second: Annotated[float, Field(ge=0.1, le=100)] = Field(
        default=5.0, description="Devices per second, evenly spaced"
    )


class CheckSyncJob(Shown):
    """A job that tells many devices to fetch their configuration."""

    id: str
    state: JobState
    filter: dict[str, Any]
    reboot: bool
    only_if_stale: bool
    rate_per_second: float
    total: int = Field(description="Number of devices")
    done: int = Field(description="Devices with a result")
    remaining: int = Field(description="Devices still waiting")
    outcomes: dict[JobDeviceState, int] = Field(description="Number of devices per state")
    created_at: datetime
    finished_at: datetime | None


def shown_report(report: ResyncReport) -> CheckSyncDone | CheckSyncFailure:
    """The result of a check-sync for the API."""
    lines = [_line(line) for line in report.lines]
    if report.success:
        return CheckSyncDone(lines_notified=report.lines_notified, lines=lines, skipped=report.skipped)
    return CheckSyncFailure(error=report.text, code=report.code, details={}, reason=report.reason, lines=lines)


def shown_job(job: JobRecord) -> CheckSyncJob:
    """A job for the API."""
    unsettled = (JobDeviceState.WAITING, JobDeviceState.SENDING)
    outcomes = {state: count for state, count in job.counts.items() if state not in unsettled}
    return CheckSyncJob.of(job, outcomes=outcomes, filter=dict(job.filter))


def _line(line: LineReport) -> NotifiedLine:
    return NotifiedLine.of(line.outcome, other_devices=list(line.other_devices))
