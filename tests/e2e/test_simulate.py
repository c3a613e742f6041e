"""`provserver simulate` against the real process: what an operator runs before a thousand phones come."""

import json
from pathlib import Path

from tests.e2e.process import KEY, run, serving


def test_a_rehearsal_boots_every_phone_twice_and_leaves_nothing(tmp_path: Path) -> None:
    rehearsal = tmp_path / "rehearsal"
    rehearsal.mkdir()
    with serving(tmp_path) as server:
        urls = ("--phones-url", server.phones, "--api-url", server.api)
        arguments = ("--phones", "12", "--processes", "2", "--arrive", "steady", "--over", "1", "--patience", "60")
        done = run(rehearsal, "simulate", *urls, *arguments, "--json", "report.json", "--html", "report.html")
        assert done.returncode == 0, done.stderr + done.stdout
        report = json.loads((rehearsal / "report.json").read_text())
        assert [one["booted"] for one in report["rounds"]] == [12, 12]
        assert "12 of 12" in done.stdout
        assert "<svg" in (rehearsal / "report.html").read_text()
        assert server.call("GET", "/v1/accounts")["data"] == []


def test_phones_that_get_nothing_are_told_and_end_with_one(tmp_path: Path) -> None:
    with serving(tmp_path, PROVSERVER_PHONES__AUTH="network") as server:
        urls = ("--phones-url", server.phones, "--api-url", server.api)
        done = run(
            tmp_path, "simulate", *urls, "--phones", "2", "--vendor", "snom", "--rounds", "1", "--patience", "60"
        )
    assert done.returncode == 1
    assert "404 for its configuration: 2" in done.stdout


def test_a_wrong_key_is_told_in_words(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        done = run(tmp_path, "simulate", "--phones", "1", "--api-url", server.api, "--key", KEY + "wrong")
    assert done.returncode == 1
    assert "POST /v1/accounts was refused" in done.stderr
