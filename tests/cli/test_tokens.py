"""Who may have a file, from the command line."""

import asyncio
from datetime import UTC, datetime, timedelta

from provserver.config.loading import load_config
from provserver.database_setup import open_database
from provserver.store.blocked_sources import BlockedSource, record_blocked
from tests.cli.conftest import MAC, Command, Place


def test_a_phone_gets_a_new_token_once_and_at_once_where_it_has_leaked(command: Command, phone: Place) -> None:
    before = command("render", MAC, "--reveal").stdout
    assert "the old one works" in command("token", "rotate", MAC).stderr
    after = command("render", MAC, "--reveal").stdout
    assert f"/p/{'t' * 32}/" in before
    assert f"/p/{'t' * 32}/" not in after
    assert "without overlap both are burnt" in command("token", "rotate", MAC, code=1).stderr
    assert "the old one is burnt" in command("token", "rotate", MAC, "--no-overlap").stderr
    assert "there is no device" in command("token", "rotate", "00:04:13:00:00:99", code=1).stderr


def test_explain_tells_which_proofs_count(command: Command, phone: Place) -> None:
    told = "accepted proofs: certificate, token, digest, basic, window; its file gives: token"
    assert told in command("explain", MAC).stdout


async def _block(place: Place) -> None:
    now = datetime.now(UTC)
    guesser = BlockedSource(
        source="2001:db8::/64", last_address="2001:db8::66", since=now, until=now + timedelta(hours=1), refused=7
    )
    async with open_database(load_config(place.config, {})) as database, database.write() as conn:
        await record_blocked(conn, [guesser], now=now)


def test_who_is_blocked_is_listed_and_released(command: Command, phone: Place) -> None:
    asyncio.run(_block(phone))
    assert "2001:db8::66" in command("blocked", "list").stdout
    assert "2001:db8::/64 may ask again" in command("blocked", "release", "2001:db8::66").stderr
    assert "2001:db8::66" not in command("blocked", "list").stdout
    assert "is not blocked" in command("blocked", "release", "2001:db8::66", code=1).stderr
