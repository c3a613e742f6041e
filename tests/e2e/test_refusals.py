"""A server that cannot serve says why and stops; it never half runs."""

import socket
from pathlib import Path

import pytest

from tests.e2e.process import run, serving


def refusal(folder: Path, *arguments: str, **variables: str) -> str:
    done = run(folder, *arguments, **variables)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("phones:\n  hots: x\n", "config.yaml:2: phones.hots: is not a key of the configuration"),
        (
            "phones:\n  unknown_limit: 0\n",
            "config.yaml:2: phones.unknown_limit: must be greater than or equal to 1",
        ),
        ("phones:\n  auth: token,password\n", "config.yaml:2: phones.auth"),
        ("phones: [\n", "config.yaml:2: not readable as YAML"),
        ("phones:\n  port: 1\n  port: 2\n", "config.yaml:3: phones.port: the key stands here twice"),
        ("- a\n", "config.yaml:1: must be a mapping of sections"),
    ],
)
def test_a_wrong_configuration_stops_the_start_with_file_line_and_key(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert told in refusal(tmp_path, "serve")
    assert not (tmp_path / "data").exists()


def test_a_configuration_is_checked_without_a_start(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("phones:\n  hots: x\n")
    assert "config.yaml:2: phones.hots: is not a key of the configuration" in refusal(tmp_path, "check")


def test_a_wrong_variable_is_told_by_its_name(tmp_path: Path) -> None:
    told = refusal(tmp_path, "serve", PROVSERVER_PHONES__WINDOW="soon")
    assert "PROVSERVER_PHONES__WINDOW" in told


def test_a_vendor_file_with_an_unquoted_mac_prefix_stops_the_start(tmp_path: Path) -> None:
    """YAML reads 001565 as 885: phones of that block would silently be unknown."""
    (tmp_path / "acme.yaml").write_text("vendor: acme\nmac_prefixes:\n  001565: {}\n")
    told = refusal(tmp_path, "serve", PROVSERVER_CATALOG__VENDORS=str(tmp_path))
    assert "acme.yaml:3: 001565: put it in quotes" in told


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = refusal(tmp_path, "serve", PROVSERVER_PHONES__PORT=str(taken.getsockname()[1]))
    assert "phones.host/port: cannot listen on" in told


def test_a_lost_key_file_is_not_quietly_replaced(tmp_path: Path) -> None:
    """A new key would open nothing: every fetch would fail instead of the start."""
    with serving(tmp_path) as server:
        server.stop()
    (tmp_path / "data" / "secret.key").unlink()
    assert "put the key file back" in refusal(tmp_path, "serve")


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.stop()
    (tmp_path / "data" / "secret.key").chmod(0o644)
    assert "chmod 600" in refusal(tmp_path, "serve")
