"""`key`: API keys and the keys that seal secrets."""

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import MAC, SECRET, Command, Place


def test_create_prints_only_the_key(command: Command, place: Place) -> None:
    made = command("key", "create", "--name", "ci", "--read-only")
    assert made.stdout.startswith("sk_live_")
    assert made.stdout.count("\n") == 1
    assert made.stderr == ""


def test_keys_are_listed_without_themselves_and_revoked_by_id(command: Command, place: Place) -> None:
    made = command("key", "create", "--name", "ci").stdout.strip()
    listed = command("key", "list").stdout
    assert made not in listed
    assert made[-4:] in listed
    row = next(line for line in listed.splitlines() if " ci " in line)
    key_id = next(word for word in row.split() if word.startswith("key_"))
    command("key", "revoke", key_id)
    row = next(line for line in command("key", "list").stdout.splitlines() if " ci " in line)
    assert "revoked" in row


def test_a_key_that_is_not_there_cannot_be_revoked(command: Command, place: Place) -> None:
    assert "no such key" in command("key", "revoke", "key_nothing", code=1).stderr


def test_a_key_of_an_account_that_is_not_there_is_refused(command: Command, place: Place) -> None:
    assert "there is no such account" in command("key", "create", "--account", "acct_nothing", code=1).stderr


def test_rotation_replaces_the_key_and_everything_still_opens(command: Command, phone: Place) -> None:
    before = (phone.folder / "data" / "secret.key").read_text()
    told = command("key", "rotate").stderr
    after = (phone.folder / "data" / "secret.key").read_text()
    assert "dropped 1 old key" in told
    assert set(before.split()).isdisjoint(line for line in after.split() if len(line) == 44)
    assert SECRET in command("render", MAC, "--reveal").stdout


def test_rotation_can_leave_the_old_key_for_backups(command: Command, phone: Place) -> None:
    command("key", "rotate", "--keep-old")
    keys = [line for line in (phone.folder / "data" / "secret.key").read_text().split() if len(line) == 44]
    assert len(keys) == 2


def test_a_key_can_be_narrow_and_end(command: Command, place: Place) -> None:
    before = datetime.now(UTC)
    command("key", "create", "--name", "installer", "--provisioning-only", "--expires", "90d")
    ends = {f"until {begun + timedelta(days=90):%Y-%m-%d}" for begun in (before, datetime.now(UTC))}  # over midnight
    row = next(line for line in command("key", "list").stdout.splitlines() if " installer " in line)
    assert "write devices" in row
    assert any(end in row for end in ends)


def test_an_end_that_has_been_or_is_no_time_is_refused(command: Command, place: Place) -> None:
    assert "is in the past" in command("key", "create", "--expires", "2020-01-01", code=1).stderr
    assert "is not a time" in command("key", "create", "--expires", "soon", code=2).stderr
    command("key", "create", "--expires", "2999-01-01T00:00:00+01:00")
