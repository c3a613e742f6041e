"""What an operator reads: the device's outcome from those of its lines."""

import pytest

from provserver.domain.checksync import LineOutcome, LineStatus
from provserver.services.checksync.resync_reports import LineReport, ResyncReport

DELIVERED, AWAY, SILENT, REFUSED = (
    LineStatus.DELIVERED,
    LineStatus.NOT_REGISTERED,
    LineStatus.UNREACHABLE,
    LineStatus.ERROR,
)


def _report(*statuses: LineStatus, reason: str | None = None) -> ResyncReport:
    lines = (LineOutcome(number, status, None, reason, True) for number, status in enumerate(statuses, start=1))  # noqa: FBT003
    return ResyncReport("dev_1", tuple(LineReport(line) for line in lines))


@pytest.mark.parametrize(
    ("statuses", "status", "reason"),
    [
        ((DELIVERED,), DELIVERED, "unreachable"),
        ((AWAY, SILENT, REFUSED, DELIVERED), DELIVERED, "unreachable"),
        ((AWAY, SILENT), SILENT, "unreachable"),
        ((SILENT, REFUSED), REFUSED, "unreachable"),
        ((AWAY, AWAY), AWAY, "not_registered"),
        ((), AWAY, "not_registered"),
    ],
)
def test_the_devices_outcome(statuses: tuple[LineStatus, ...], status: LineStatus, reason: str) -> None:
    report = _report(*statuses)
    assert report.status is status
    assert report.reason == reason
    assert report.success == (DELIVERED in statuses)


def test_a_broken_way_to_the_phones_is_told_as_such() -> None:
    """Nobody shall look at the phone for a proxy that is down."""
    assert "proxy: connection refused" in _report(REFUSED, reason="proxy: connection refused").text


@pytest.mark.parametrize(("status", "may"), [(DELIVERED, True), (SILENT, True), (REFUSED, False), (AWAY, False)])
def test_a_silent_phone_may_have_heard_it(status: LineStatus, may: bool) -> None:
    assert _report(status).may_have_arrived is may
