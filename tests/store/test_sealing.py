from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from provserver.domain.errors import BadConfiguration
from provserver.store.keyfile import add_key, create_key_file, drop_old_keys, read_keys
from provserver.store.sealing import Sealer


def test_what_was_sealed_opens_again_and_shows_nothing(sealer: Sealer) -> None:
    sealed = sealer.seal("grün & geheim")
    assert "geheim" not in sealed
    assert sealer.open(sealed) == "grün & geheim"
    assert sealer.seal("grün & geheim") != sealed


def test_json_comes_back_as_it_was(sealer: Sealer) -> None:
    document = {"abstractions": {"sip": {"domain": "köln.example"}}, "list": [1, None, True]}
    assert sealer.open_json(sealer.seal_json(document)) == document


def test_a_database_with_another_installations_key_stops_with_a_reason(sealer: Sealer) -> None:
    foreign = Sealer([Fernet.generate_key().decode()])
    with pytest.raises(BadConfiguration, match="a key that is not in the key file"):
        foreign.open(sealer.seal("secret"))


def test_a_key_added_by_another_process_seals_from_then_on(key_file: Path, sealer: Sealer) -> None:
    old = sealer.seal("secret")
    assert sealer.is_current(old)
    add_key(key_file)
    assert sealer.open(old) == "secret"
    assert not sealer.is_current(old)
    drop_old_keys_after = sealer.reseal(old)
    assert drop_old_keys(key_file) == 1
    assert Sealer.from_key_file(key_file).open(drop_old_keys_after) == "secret"


def test_a_server_opens_what_the_rotating_command_sealed_with_a_key_it_has_not_seen(
    key_file: Path, sealer: Sealer
) -> None:
    add_key(key_file)
    sealed = Sealer.from_key_file(key_file).seal("secret")
    assert sealer.open(sealed) == "secret"


def test_what_no_key_opens_is_said_even_after_the_file_changed(key_file: Path, sealer: Sealer) -> None:
    foreign = Sealer([Fernet.generate_key().decode()]).seal("secret")
    add_key(key_file)
    with pytest.raises(BadConfiguration):
        sealer.open(foreign)


def test_a_running_server_keeps_its_keys_when_the_file_is_lost(key_file: Path, sealer: Sealer) -> None:
    sealed = sealer.seal("secret")
    key_file.unlink()
    assert sealer.open(sealer.reseal(sealed)) == "secret"


def test_a_running_server_keeps_its_keys_when_the_file_is_broken(key_file: Path, sealer: Sealer) -> None:
    """A slip of an editor would otherwise fail every write until somebody finds it."""
    sealed = sealer.seal("MARKED")
    whole = key_file.read_text()
    key_file.write_text("not a key\n")
    assert sealer.open(sealer.seal("more")) == "more"
    key_file.write_text(whole)
    assert Sealer.from_key_file(key_file).open(sealed) == "MARKED"


def test_a_new_key_file_is_for_its_owner_alone_and_never_overwritten(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadConfiguration, match="exists"):
        create_key_file(key_file)


def test_rotation_keeps_the_file_private_and_leaves_no_copy(key_file: Path, tmp_path: Path) -> None:
    first = read_keys(key_file)
    add_key(key_file)
    assert read_keys(key_file)[1:] == first
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [key_file.name]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no key"),
        ("# only a comment\n\n", "holds no key"),
        ("not a key\n", "line 1: is not a key"),
        ("# comment\nAAAA # short\n", "line 2: is not a key"),
        ("ключ\n", "not a text file of keys"),
    ],
)
def test_a_broken_key_file_says_where(key_file: Path, content: str, reason: str) -> None:
    key_file.write_text(content, encoding="utf-8")
    with pytest.raises(BadConfiguration, match=reason):
        Sealer.from_key_file(key_file)


def test_a_key_file_that_others_can_read_is_refused_with_the_remedy(key_file: Path) -> None:
    key_file.chmod(0o640)
    with pytest.raises(BadConfiguration, match="chmod 600"):
        Sealer.from_key_file(key_file)


def test_a_missing_key_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="provserver init"):
        Sealer.from_key_file(tmp_path / "none.key")


def test_comments_beside_keys_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    key = Fernet.generate_key().decode()
    path.touch(mode=0o600)
    path.write_text(f"# made in spring\n{key}  # the first\n")
    assert read_keys(path) == [key]
