"""What came of a check-sync."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from provserver.domain.checksync import LineOutcome, LineStatus


@dataclass(frozen=True, slots=True)
class LineReport:
    """What became of one line; `other_devices` of its user were told as well."""

    outcome: LineOutcome
    other_devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResyncReport:
    """What came of telling the phone of `device_id`, the desk phone or base.

    `skipped`: it was not told, as its phone has what it would get. `why` there are no lines.
    """

    device_id: str
    lines: tuple[LineReport, ...] = ()
    skipped: bool = False
    why: str | None = None

    @property
    def lines_notified(self) -> int:
        """How many lines accepted."""
        return sum(line.outcome.status is LineStatus.DELIVERED for line in self.lines)

    @property
    def success(self) -> bool:
        """Whether at least one line accepted, or nothing was to do."""
        return self.skipped or self.lines_notified > 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether the phone may have heard it; one that is silent may still act."""
        return bool(self._statuses & {LineStatus.DELIVERED, LineStatus.UNREACHABLE})

    @property
    def status(self) -> LineStatus:
        """The device's, from its lines: the best that a line had, where an error is worth more than silence."""
        order = (LineStatus.DELIVERED, LineStatus.ERROR, LineStatus.UNREACHABLE)
        return next((status for status in order if status in self._statuses), LineStatus.NOT_REGISTERED)

    @property
    def reason(self) -> Literal["not_registered", "unreachable"]:
        """Why it was not delivered: `not_registered` where no line was, else `unreachable`."""
        return "not_registered" if self.status is LineStatus.NOT_REGISTERED else "unreachable"

    @property
    def code(self) -> str:
        """The same for machines, finer: `check_sync_refused` where somebody answered with an error."""
        return "check_sync_refused" if self.status is LineStatus.ERROR else self.reason

    @property
    def text(self) -> str:
        """Why it was not delivered, for people."""
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
        """As it stands in the event."""
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
