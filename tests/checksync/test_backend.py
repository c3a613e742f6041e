"""The configuration names the back end; making it touches nothing, so that a PBX that is away never stops the start."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provserver.checksync.ondemand import OnDemand
from provserver.config import CheckSync
from provserver.domain.checksync import LineStatus, Route
from tests.checksync.lines import counted, line


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"proxy": "sip:127.0.0.1:9;transport=tcp"}, "127.0.0.1:9/tcp"),
        ({"backend": "kamailio", "kamailio": {"url": "http://127.0.0.1:9/RPC"}}, "http://127.0.0.1:9/RPC"),
        ({"backend": "kamailio", "kamailio": {"url": "https://127.0.0.1:9/RPC"}}, "https://127.0.0.1:9/RPC"),
        ({"backend": "asterisk", "asterisk": {"host": "127.0.0.1", "port": 9}}, "AMI at 127.0.0.1:9"),
        ({"backend": "asterisk", "asterisk": {"host": "127.0.0.1", "port": 9, "tls": True}}, "AMI at 127.0.0.1:9"),
        ({"backend": "freeswitch", "freeswitch": {"host": "127.0.0.1", "port": 9}}, "event socket at 127.0.0.1:9"),
    ],
)
async def test_each_back_end_names_the_server_that_is_away(settings: dict[str, Any], named: str) -> None:
    chosen = CheckSync.model_validate(settings)
    notifier = OnDemand(chosen, clock=lambda: datetime.now(UTC), entropy=counted)
    (outcome,) = await notifier.notify([line()], Route(proxy=chosen.proxy), 60)
    assert await notifier.registrations([line()]) is None
    await notifier.close()
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert outcome.reason.startswith("proxy: ")
    assert named in outcome.reason


async def test_root_certificates_that_cannot_be_read_are_named_when_they_are_needed(tmp_path: Path) -> None:
    settings = CheckSync(proxy="sip:127.0.0.1:9;transport=tls", ca=tmp_path / "missing.pem")
    notifier = OnDemand(settings, clock=lambda: datetime.now(UTC), entropy=counted)
    (outcome,) = await notifier.notify([line()], Route(proxy=settings.proxy), 60)
    await notifier.close()
    assert outcome.status is LineStatus.ERROR
    assert outcome.reason is not None
    assert "missing.pem" in outcome.reason
