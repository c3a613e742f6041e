"""The result of a check-sync."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from provserver.domain.checksync import LineOutcome, LineStatus


@dataclass(frozen=True, slots=True)
class LineReport:
    """The result for one line. `other_devices`: devices of its user that were notified as well."""

    outcome: LineOutcome
    other_devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResyncReport:
    """The result for the desk phone or base `device_id`.

    `skipped`: not notified, as it has the current configuration. `why`: the reason if there are no lines.
    """

    device_id: str
    lines: tuple[LineReport, ...] = ()
    skipped: bool = False
    why: str | None = None

    @property
    def lines_notified(self) -> int:
        """Number of lines that accepted."""
        return sum(line.outcome.status is LineStatus.DELIVERED for line in self.lines)

    @property
    def success(self) -> bool:
        """Whether at least one line accepted, or there was nothing to do."""
        return self.skipped or self.lines_notified > 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether the phone may have received it; one that does not answer may still act."""
        return bool(self._statuses & {LineStatus.DELIVERED, LineStatus.UNREACHABLE})

    @property
    def status(self) -> LineStatus:
        """The overall status: the best of its lines, with an error before no answer."""
        order = (LineStatus.DELIVERED, LineStatus.ERROR, LineStatus.UNREACHABLE)
        return next((status for status in order if status in self._statuses), LineStatus.NOT_REGISTERED)

    @property
    def reason(self) -> Literal["not_registered", "unreachable"]:
        """Why it failed: `not_registered` if no line was registered, else `unreachable`."""
        return "not_registered" if self.status is LineStatus.NOT_REGISTERED else "unreachable"

    @property
    def code(self) -> str:
        """The error code: `check_sync_refused` if there was an error response, else the reason."""
        return "check_sync_refused" if self.status is LineStatus.ERROR else self.reason

    @property
    def text(self) -> str:
        """Why it failed, as text for people."""
        if self.why:
            return self.why
        told = next((line.outcome for line in self.lines if line.outcome.status is self.status), None)
        said = f": {told.reason}" if told and told.reason else ""
        return {
            LineStatus.NOT_REGISTERED: "no line of the device is registered",
            LineStatus.UNREACHABLE: "the device does not answer",
            LineStatus.ERROR: "the device could not be told",
        }.get(self.status, "delivered") + said

    @property
    def details(self) -> dict[str, Any]:
        """The details for the event."""
        return {
            "outcome": self.status.value,
            "lines_notified": self.lines_notified,
            "lines": [_plain(line) for line in self.lines],
            **({} if self.success else {"error": self.text}),
        }

    @property
    def _statuses(self) -> set[LineStatus]:
        return {line.outcome.status for line in self.lines}


def _plain(line: LineReport) -> dict[str, Any]:
    outcome = line.outcome
    told: Iterable[tuple[str, Any]] = (
        ("line_number", outcome.line_number),
        ("status", outcome.status.value),
        ("sip_status", outcome.sip_status),
        ("reason", outcome.reason),
        ("targeted", outcome.targeted),
        ("other_devices", list(line.other_devices)),
    )
    return dict(told)
