"""`init`, `check`, `migrate`: what stands between a fresh machine and a server that runs."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Place


def test_init_leaves_a_configuration_that_works_and_a_key_that_only_its_owner_reads(
    command: Command, place: Place
) -> None:
    assert place.key.startswith("sk_live_")
    assert (place.folder / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert (place.folder / "data").stat().st_mode & 0o777 == 0o700
    assert f'data_dir: "{place.folder / "data"}"\n' in place.config.read_text()
    assert "vendors" in command("check", "--config", place.config).stdout


def test_init_prints_the_platform_key_alone_on_stdout(place: Place) -> None:
    """KEY=$(provserver init) is what an operator's script does."""
    assert "\n" not in place.key
    assert " " not in place.key


def test_init_overwrites_nothing(command: Command, place: Place) -> None:
    before = place.config.read_text()
    refused = command("init", code=1)
    assert "exists" in refused.stderr
    assert place.config.read_text() == before


def test_init_makes_the_folder_it_is_told(command: Command, tmp_path: Path) -> None:
    strange = tmp_path / "new: place #1"
    command("init", strange)
    assert (strange / "data" / "provserver.db").is_file()
    command("check", "--config", strange / "config.yaml")


@pytest.mark.parametrize("key", ["vendors", "templates"])
def test_a_folder_of_own_vendors_that_is_not_there_is_told(command: Command, tmp_path: Path, key: str) -> None:
    """Else a slip in its name has all phones served by the shipped files, and nobody knows why."""
    config = tmp_path / "own.yaml"
    config.write_text(f"catalog: {{{key}: [{tmp_path}/nowhere]}}\n")
    told = command("check", "--config", config, code=1).stderr
    assert f"catalog.{key}: there is no folder {tmp_path}/nowhere" in told


def test_check_tells_every_mistake_of_a_vendor_file_with_its_place(
    command: Command, place: Place, tmp_path: Path
) -> None:
    overlay = tmp_path / "vendors"
    overlay.mkdir()
    (overlay / "acme.yaml").write_text("vendor: acme\nname: Acme\nmodles: {}\n")
    place.config.write_text(f"data_dir: {place.folder / 'data'}\ncatalog:\n  vendors: [{overlay}]\n")
    told = command("check", code=1).stderr
    assert "acme.yaml:3: modles" in told
    assert "user_agents" in told


def test_migrate_does_nothing_the_second_time(command: Command, tmp_path: Path) -> None:
    assert "was brought to this version" in command("migrate").stdout
    assert "already" in command("migrate").stdout


def test_a_configuration_that_is_not_there_is_told(command: Command, tmp_path: Path) -> None:
    assert "cannot be read" in command("check", "--config", tmp_path / "nowhere.yaml", code=1).stderr
