"""A line's values decide whether a phone registers at all, and as whom."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from provserver.domain.device import Assignment, User
from provserver.domain.lines import line_of
from provserver.domain.vocabulary import LINE_VALUES

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ASSIGNMENT = Assignment(id="a1", account_id="acct", device_id="dev", user_id="user", line_number=3, created_at=NOW)
FULL = User(
    id="user",
    account_id="acct",
    name="Ann Example",
    extension="101",
    sip_username="ann",
    sip_auth_username="ann-auth",
    sip_password="secret",
    sip_domain="own.example.com",
    sip_display_name="Ann",
    created_at=NOW,
    updated_at=NOW,
)
BARE = replace(FULL, extension=None, sip_auth_username=None, sip_domain=None, sip_display_name=None)


def test_a_user_who_has_everything_brings_everything() -> None:
    line = line_of(ASSIGNMENT, FULL, {"sip.domain": "pbx.example.com", "sip.server": "edge.example.com"})
    assert line.values == {
        "line.number": 3,
        "line.username": "ann",
        "line.auth_username": "ann-auth",
        "line.password": "secret",
        "line.domain": "own.example.com",
        "line.server": "edge.example.com",
        "line.display_name": "Ann",
        "line.label": "101",
    }
    assert (line.number, line.username, line.display_name, line.label) == (3, "ann", "Ann", "101")
    assert set(line.values) == set(LINE_VALUES)


def test_what_a_user_lacks_is_taken_from_the_next_best() -> None:
    """Else a user without a display name of their own would call as nobody."""
    line = line_of(ASSIGNMENT, BARE, {"sip.domain": "pbx.example.com"})
    assert line.values["line.auth_username"] == "ann"
    assert line.display_name == "Ann Example"
    assert line.label == "ann"


@pytest.mark.parametrize(
    ("user", "settings", "domain", "server"),
    [
        (BARE, {"sip.domain": "d"}, "d", "d"),
        (BARE, {"sip.server": "s"}, "s", "s"),
        (BARE, {"sip.domain": "d", "sip.server": "s"}, "d", "s"),
        (FULL, {"sip.domain": "d"}, "own.example.com", "own.example.com"),
        (FULL, {}, "own.example.com", "own.example.com"),
        (BARE, {}, None, None),
    ],
)
def test_domain_and_server_stand_for_each_other(
    user: User, settings: dict[str, Any], domain: str | None, server: str | None
) -> None:
    values = line_of(ASSIGNMENT, user, settings).values
    assert values.get("line.domain") == domain
    assert values.get("line.server") == server


def test_what_nobody_knows_is_absent_and_never_the_word_none() -> None:
    """A phone that registers at "None" helps nobody."""
    assert "line.domain" not in line_of(ASSIGNMENT, BARE, {}).values
