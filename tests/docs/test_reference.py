"""What the pages say of configuration, commands, reasons and each other is so."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from docs import generate
from provserver.cli.main import main as command_line
from provserver.config import Config
from provserver.config.loading import load_config
from provserver.domain.refusals import Refusal
from provserver.rendering.button_checks import check_buttons
from provserver.shipped import shipped
from provserver.strictyaml import parse
from tests.docs.markdown import PAGES, ROOT, anchors, blocks, links
from tests.rendering.workshop import vendor

_EXAMPLE = shipped("config.example.yaml").read_text(encoding="utf-8")
_WRITTEN = [page for page in PAGES if page.name not in generate.PAGES]


def _config_keys(section: type[BaseModel] = Config, prefix: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _config_keys(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")


COMMANDS = list(_commands(command_line, "provserver"))


@pytest.mark.parametrize("name", generate.PAGES)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    """Else run `python docs/generate.py`."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generate.PAGES[name]()


def test_a_page_that_is_out_of_date_fails_the_check_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "settings.md").write_text("something else")
    (tmp_path / "coverage" / "gone.md").write_text("of a vendor file that was removed")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "docs/settings.md" in told
    assert "docs/coverage/gone.md" in told
    assert (tmp_path / "settings.md").read_text() == "something else"


def test_the_example_shows_every_key_and_nothing_else() -> None:
    everything = parse(_with_comments_lifted(_EXAMPLE), "config.example.yaml").value
    assert set(_named(everything)) == set(_config_keys())


def _named(section: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _named(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_example_shows_real_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(_EXAMPLE, encoding="utf-8")
    assert load_config(path, {}) == Config()


def test_what_the_example_has_commented_out_is_a_configuration_too(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(_with_comments_lifted(_EXAMPLE), encoding="utf-8")
    assert load_config(path, {}).phones.networks


def _with_comments_lifted(text: str) -> str:
    """Keys that are commented out, brought to life."""
    return re.sub(r"^( *)# ([a-z_]+: \S.*)$", _lifted, text, flags=re.MULTILINE)


def _lifted(found: re.Match[str]) -> str:
    return found[1] + found[2] if any(key.endswith(found[2].partition(":")[0]) for key in _config_keys()) else found[0]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_a_command_is_told_of_with_all_its_options(name: str, command: click.Command) -> None:
    assert any(name in page.read_text(encoding="utf-8") for page in _WRITTEN), f"no page of ours tells of {name}"
    reference = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    if not isinstance(command, click.Group):
        section = reference.partition(f"## {name}\n")[2].partition("\n## ")[0]
        for option in command.params:
            assert option.opts[0] in section or isinstance(option, click.Argument)


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_the_help_of_a_command_fits_its_line(name: str, command: click.Command) -> None:
    """The list of commands cuts longer ones off."""
    assert not command.get_short_help_str(limit=64).endswith("..."), name


def test_every_reason_of_a_404_is_explained() -> None:
    """What an operator reads in the log at night stands in the table."""
    page = (ROOT / "docs/operations.md").read_text()
    table = page.partition("A 404 has its `reason` in the log:")[2].strip().partition("\n\n")[0]
    explained = [row.split("`")[1] for row in table.splitlines()[2:]]
    assert sorted(explained) == sorted(reason.value.replace("{}", "…") for reason in Refusal)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.is_file(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), f"{page.name}: {target}"


def test_every_page_is_reached_from_the_readme() -> None:
    reached = _linked(ROOT / "README.md")
    assert {*PAGES, *(ROOT / "docs/coverage").glob("*.md")} - {ROOT / "README.md"} <= reached | _linked(
        ROOT / "docs/coverage.md"
    )


def _linked(page: Path) -> set[Path]:
    return {(page.parent / target.partition("#")[0]).resolve() for target in links(page.read_text(encoding="utf-8"))}


def test_the_first_screen_has_exactly_two_commands_of_one_line() -> None:
    """The README's promise: clone, paste one line, see it work; paste another, see the tests pass."""
    first, second = (_readme_command(number).stdout for number in ("1", "2"))
    assert first.endswith("provserver serve --demo\n")
    assert second.endswith("pytest\n")
    assert first.count("\n") == second.count("\n") == 1
    assert _readme_command("3").returncode == 2
    shown = [block.text for block in blocks((ROOT / "README.md").read_text()) if block.language == "sh"]
    assert shown[:2] == [first, second]


def _readme_command(number: str) -> subprocess.CompletedProcess[str]:
    """With no library but Python's own."""
    command = [sys.executable, "-I", "-S", str(ROOT / "docs" / "readme_command.py"), number]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_examples_of_programmable_keys_are_what_vendor_files_take() -> None:
    """They are copied from there into vendor files."""
    found = [
        parse(block.text, "example").value
        for block in blocks((ROOT / "docs" / "adding-a-vendor.md").read_text())
        if block.language == "yaml" and "\nbuttons:" in f"\n{block.text}"
    ]
    assert len(found) == 2
    for example in found:
        models = example.get("models", {"A20": {"keys": 8}})
        acme = vendor(None, models=models, buttons=example["buttons"])
        assert list(check_buttons(acme)) == []
