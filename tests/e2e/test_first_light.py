"""From nothing to a provisioned phone, with the real process over real sockets."""

import re
import signal
from pathlib import Path

from tests.e2e.process import Server, run, serving, serving_anew, wait_for
from tests.rendering.throwaway import write_vendor

SNOM_AGENT = "Mozilla/4.0 (compatible; snomD785-SIP 10.1.33.33 2010.12-00004-g9ba52f5 000413AABBCC SXM:0 UXM:0)"
YEALINK_AGENT = "Yealink SIP-T46S 66.86.0.15 80:5e:c0:12:34:56"


def set_up_phone(server: Server, mac: str, extension: str = "101") -> tuple[str, str, str]:
    """An account with a SIP domain, a user, a desk phone of that user; returns their ids."""
    account = server.call("POST", "/v1/accounts", {"name": "Acme"})["id"]
    server.call("POST", "/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}}, account)
    sip = {"username": extension, "password": 'p&<>"1'}
    user = server.call("POST", "/v1/users", {"name": "Jörg & Ann", "extension": extension, "sip": sip}, account)["id"]
    device = server.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": mac}, account)["id"]
    server.call("POST", f"/v1/devices/{device}/users", {"user_id": user}, account)
    return account, user, device


def test_the_demo_boots_a_phone_before_your_eyes(tmp_path: Path) -> None:
    """The first thing a newcomer sees: request, file, and the status that changes."""
    with serving_anew(tmp_path, "--demo", PROVSERVER_API__BOOTSTRAP_KEY="") as server:
        said = wait_for(server, "Try next")
        assert "runs for the first time" in said
        assert "GET /snomD785.htm" in said
        assert re.search(r"GET /snomD785-000413DE0001\.htm\n", said)
        assert '<user_name idx="1" perm="">101</user_name>' in said
        assert "pending-sync  ->  provisioned" in said
        assert "D785, told by the phone" in said
        assert server.process.poll() is None
        assert server.stop() == 0


def test_the_demo_works_again_on_the_same_data(tmp_path: Path) -> None:
    for phone in ("000413DE0001", "000413DE0002"):
        with serving(tmp_path, "--demo", PROVSERVER_API__BOOTSTRAP_KEY="") as server:
            assert f"GET /snomD785-{phone}.htm" in wait_for(server, "Try next")
            assert server.stop() == 0


def test_a_snom_and_a_yealink_added_with_the_api_get_their_files(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        account, _, snom = set_up_phone(server, "00:04:13:aa:bb:cc")
        _, _, yealink = set_up_phone(server, "805E.C012.3456")
        status, text = server.fetch("/snomD785-000413AABBCC.htm", SNOM_AGENT)
        assert status == 200
        assert '<user_pass idx="1" perm="">p&amp;&lt;&gt;&#34;1</user_pass>' in text
        status, text = server.fetch("/805ec0123456.cfg", YEALINK_AGENT)
        assert status == 200
        assert 'account.1.password = p&<>"1\n' in text
        device = server.call("GET", f"/v1/devices/{snom}", account=account)
        assert (device["status"], device["model"], device["config_state"]) == ("provisioned", "D785", "current")
        assert device["last_provisioned_at"].endswith("Z")
        change = {"overrides": {"abstractions": {"display": {"time_format": "12h"}}}}
        server.call("POST", f"/v1/deskphones/{snom}", change, account)
        assert server.call("GET", f"/v1/devices/{snom}", account=account)["config_state"] == "stale"
        assert yealink.startswith("dev_")


def test_a_stop_and_a_start_keep_everything(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        account, _, device = set_up_phone(server, "00:04:13:aa:bb:cc")
        _, text = server.fetch("/snomD785-000413AABBCC.htm", SNOM_AGENT)
        assert server.stop(signal.SIGINT) == 0
    path = re.search(r"(/p/[a-z2-7]{32}/\w+\.htm)</setting_server>", text)
    assert path is not None
    with serving(tmp_path) as server:
        assert server.fetch(path[1], SNOM_AGENT)[0] == 200
        assert server.call("GET", f"/v1/devices/{device}", account=account)["status"] == "provisioned"


def test_a_kill_in_the_middle_loses_no_provisioned_phone(tmp_path: Path) -> None:
    """The change to provisioned is durable before the phone hears from us."""
    with serving(tmp_path) as server:
        account, _, device = set_up_phone(server, "00:04:13:aa:bb:cc")
        assert server.fetch("/snomD785-000413AABBCC.htm", SNOM_AGENT)[0] == 200
        server.stop(signal.SIGKILL)
    with serving(tmp_path) as server:
        assert server.call("GET", f"/v1/devices/{device}", account=account)["status"] == "provisioned"


def test_keys_are_rotated_while_the_server_serves(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        set_up_phone(server, "00:04:13:aa:bb:cc")
        before = (tmp_path / "data" / "secret.key").read_text()
        done = run(tmp_path, "key", "rotate")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "data" / "secret.key").read_text() != before
        assert server.fetch("/snomD785-000413AABBCC.htm", SNOM_AGENT)[0] == 200
        set_up_phone(server, "80:5e:c0:12:34:56")
        assert server.fetch("/805ec0123456.cfg", YEALINK_AGENT)[0] == 200


def test_a_vendor_of_ones_own_needs_no_python(tmp_path: Path) -> None:
    """An operator adds a vendor with a YAML file and a template; a phone of it is found, proven and served."""
    vendors, templates = write_vendor(tmp_path)
    overlay = {"PROVSERVER_CATALOG__VENDORS": str(vendors), "PROVSERVER_CATALOG__TEMPLATES": str(templates)}
    with serving(tmp_path, **overlay) as server:
        set_up_phone(server, "02:ab:00:00:00:01")
        status, text = server.fetch("/phone/02ab00000001.ini", "ThrowAway TA v1.2")
        assert status == 200
        assert "L1_USER=101;\n" in text


def test_no_secret_is_in_the_data_directory_or_the_log(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        account, user, _ = set_up_phone(server, "00:04:13:aa:bb:cc")
        marked = "marked-secret-4711"
        server.call("POST", f"/v1/users/{user}", {"sip": {"password": marked}}, account)
        server.call("POST", "/v1/account/config", {"abstractions": {"access": {"admin_password": marked}}}, account)
        status, text = server.fetch("/snomD785-000413AABBCC.htm", SNOM_AGENT)
        assert status == 200
        assert text.count(marked) >= 2
        assert server.stop() == 0
        assert marked not in server.said()
    for path in (tmp_path / "data").iterdir():
        assert marked.encode() not in path.read_bytes(), path
