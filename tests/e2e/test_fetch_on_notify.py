"""From a changed setting to the phone that has it, without anybody touching the phone."""

import json
import time
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import Server, run, serving
from tests.e2e.scripted_phone import Notify, ScriptedPhone

AGENT = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413AABBCC SXM:0 UXM:0)"
FILE = "/snomD785-000413AABBCC.htm"


def _set_up(server: Server, port: int) -> tuple[str, str]:
    """An account whose SIP server is the phone itself, and the phone; ids of account and device."""
    account = server.call("POST", "/v1/accounts", {"name": "Acme"})["id"]
    sip = {"domain": "pbx.example.com", "server": "127.0.0.1", "port": port, "transport": "udp"}
    server.call("POST", "/v1/account/config", {"abstractions": {"sip": sip}}, account)
    user = server.call("POST", "/v1/users", {"name": "Ada", "extension": "101"}, account)["id"]
    device = server.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": "000413aabbcc"}, account)["id"]
    server.call("POST", f"/v1/devices/{device}/users", {"user_id": user}, account)
    return account, device


def _current(server: Server, account: str, device: str) -> dict[str, Any]:
    for _ in range(1000):
        shown: dict[str, Any] = server.call("GET", f"/v1/devices/{device}", account=account)
        if shown["config_state"] == "current":
            return shown
        time.sleep(0.05)
    raise AssertionError(shown)


def test_a_changed_setting_reaches_the_phone_that_is_told(tmp_path: Path) -> None:
    """The operator changes a setting and sends a check-sync: the phone has the new value, and the history tells how."""
    got: list[str] = []
    with serving(tmp_path) as server, ScriptedPhone() as phone:
        account, device = _set_up(server, phone.port)
        assert server.fetch(FILE, AGENT)[0] == 200
        change = {"overrides": {"abstractions": {"display": {"time_format": "12h"}}}}
        server.call("POST", f"/v1/deskphones/{device}", change, account)
        assert server.call("GET", f"/v1/devices/{device}", account=account)["config_state"] == "stale"

        def fetch(_: Notify) -> None:
            got.append(server.fetch(FILE, AGENT)[1])

        phone.on_notify = fetch
        answer = server.call("POST", f"/v1/devices/{device}/status/check-sync", account=account)
        assert (answer["success"], answer["lines_notified"], answer["lines"][0]["status"]) == (True, 1, "delivered")
        _current(server, account, device)
        assert '<time_24_format perm="">off</time_24_format>' in got[0]
        [notify] = phone.heard
        assert (notify.user, notify.event) == ("101", "check-sync;reboot=false")
        events = server.call("GET", f"/v1/devices/{device}/events", account=account)["data"]
    fetched = next(event for event in events if event["type"] == "config_fetch")
    told = next(event for event in events if event["type"] == "check_sync")
    assert fetched["details"]["notified_event"] == told["id"]
    assert fetched["details"]["notified_at"] == told["created_at"]
    assert told["details"]["outcome"] == "delivered"
    assert sum("notified_at" in event["details"] for event in events) == 1, "the first fetch was nobody's doing"


def test_only_if_stale_leaves_a_phone_alone_that_has_it_all(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ScriptedPhone() as phone:
        account, device = _set_up(server, phone.port)
        assert server.fetch(FILE, AGENT)[0] == 200
        _current(server, account, device)
        path = f"/v1/devices/{device}/status/check-sync"
        answer = server.call("POST", path, {"only_if_stale": True}, account)
        assert (answer["skipped"], answer["lines"], phone.heard) == (True, [], [])
        change = {"overrides": {"abstractions": {"display": {"time_format": "12h"}}}}
        server.call("POST", f"/v1/deskphones/{device}", change, account)
        answer = server.call("POST", path, {"only_if_stale": True}, account)
        assert (answer["skipped"], len(phone.heard)) == (False, 1)


def test_a_phone_that_refuses_is_told_apart_from_one_that_is_away(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ScriptedPhone(status="489 Bad Event") as phone:
        account, device = _set_up(server, phone.port)
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.call("POST", f"/v1/devices/{device}/status/check-sync", account=account)
        with refused.value as answer:
            assert answer.code == 409
            [line] = json.loads(answer.read())["lines"]
    assert (line["status"], line["sip_status"]) == ("error", 489)


def test_the_command_line_tells_a_phone_while_the_server_runs(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ScriptedPhone() as phone:
        _set_up(server, phone.port)
        done = run(tmp_path, "check-sync", "00:04:13:aa:bb:cc", "--reboot")
        assert done.returncode == 0, done.stderr
        assert "delivered" in done.stdout
        assert [notify.event for notify in phone.heard] == ["check-sync;reboot=true"]
        done = run(tmp_path, "check-sync", "--all", "--rate", "20")
        assert done.returncode == 0, done.stderr
        assert len(phone.heard) == 2
