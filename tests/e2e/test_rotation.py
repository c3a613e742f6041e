"""The key that seals secrets: changed, lost and wrong, seen from outside a real server."""

import shutil
import threading
from pathlib import Path

from tests.e2e.process import PATIENCE, Server, run, serving
from tests.e2e.test_refusals import refusal

PASSWORD = "marked-password-of-101"


def _phone(server: Server, number: int) -> tuple[str, str]:
    """An account with a phone; the account's id and the path under which the phone has its file."""
    account = server.call("POST", "/v1/accounts", {"name": "Acme"})["id"]
    server.call("POST", "/v1/account/config", {"abstractions": {"sip": {"domain": "pbx.example.com"}}}, account)
    sip = {"username": f"u{number}", "password": PASSWORD}
    user = server.call("POST", "/v1/users", {"name": "Ada", "sip": sip}, account)["id"]
    mac = f"00041300{number:04}"
    device = server.call("POST", "/v1/devices", {"type": "deskphone", "mac_address": mac}, account)["id"]
    server.call("POST", f"/v1/devices/{device}/users", {"user_id": user}, account)
    return account, f"/snomD785-{mac}.htm"


def test_keys_are_rotated_under_a_serving_server(tmp_path: Path) -> None:
    """Phones and programs notice nothing: every answer is right all the time, and the old key is worthless after."""
    with serving(tmp_path) as server:
        account, path = _phone(server, 1)
        assert server.fetch(path)[0] == 200
        old = (tmp_path / "data" / "secret.key").read_text()
        answers: list[tuple[int, bool]] = []
        done = threading.Event()

        def phones_and_programs() -> None:
            number = 0
            while not done.is_set():
                number += 1
                server.call("POST", "/v1/users", {"name": f"n{number}"}, account)
                status, text = server.fetch(path)
                answers.append((status, PASSWORD in text))

        thread = threading.Thread(target=phones_and_programs)
        thread.start()
        try:
            rotations = [run(tmp_path, "key", "rotate") for _ in range(2)]
        finally:
            done.set()
            thread.join(PATIENCE)
        assert [rotation.returncode for rotation in rotations] == [0, 0], rotations
        assert set(answers) == {(200, True)}
        server.call("POST", "/v1/users", {"name": "after"}, account)
        assert server.fetch(path)[0] == 200
        server.stop()
    new = (tmp_path / "data" / "secret.key").read_text().split()
    assert new
    assert not set(old.split()) & set(new)
    with serving(tmp_path) as server:
        status, text = server.fetch(path)
        assert (status, PASSWORD in text) == (200, True), "everything opens with the new key alone"


def test_a_key_file_that_is_lost_while_serving_stops_nothing(tmp_path: Path) -> None:
    """The keys are in memory until it is found; the next start is what refuses."""
    with serving(tmp_path) as server:
        account, path = _phone(server, 1)
        key_file = tmp_path / "data" / "secret.key"
        key_file.rename(tmp_path / "mislaid")
        assert server.fetch(path)[0] == 200
        _phone(server, 2)
        server.call("POST", "/v1/users", {"name": "x"}, account)
        server.stop()
        assert "put the key file back" in refusal(tmp_path, "serve")
        (tmp_path / "mislaid").rename(key_file)
    with serving(tmp_path) as server:
        assert PASSWORD in server.fetch("/snomD785-000413000002.htm")[1]


def test_a_key_file_of_another_server_stops_the_start(tmp_path: Path) -> None:
    """Else every phone with a secret of its own would get a 500, one by one."""
    with serving(tmp_path) as server:
        _phone(server, 1)
        server.stop()
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init")
    shutil.copy(other / "data" / "secret.key", tmp_path / "data" / "secret.key")
    assert "put the key back" in refusal(tmp_path, "serve")
