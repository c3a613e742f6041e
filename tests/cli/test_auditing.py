"""`audit`: the trail as lines for an archive or a table for a spreadsheet."""

import csv
import io
import json

from tests.cli.conftest import Command, Place


def test_changes_are_exported_as_json_lines(command: Command, place: Place) -> None:
    for number in range(2):
        command("key", "create", "--name", f"key {number}")
    lines = [json.loads(line) for line in command("audit").stdout.splitlines()]
    assert [line["after"]["name"] for line in lines] == ["key 1", "key 0", "first start"]
    assert {line["action"] for line in lines} == {"api_key.created"}
    assert [line["key_id"] for line in lines] == ["command line", "command line", "first start"]


def test_filters_narrow_the_export(command: Command, place: Place) -> None:
    command("key", "create", "--name", "one")
    found = json.loads(command("audit", "--key", "command line").stdout)
    assert found["after"]["name"] == "one"
    assert json.loads(command("audit", "--resource", found["resource_id"], "--since", "1h").stdout) == found
    assert command("audit", "--action", "api_key.revoked").stdout == ""
    assert command("audit", "--until", "1h").stdout == ""
    assert command("audit", "--account", "acct_none").stdout == ""


def test_a_spreadsheet_gets_a_table_without_formulas(command: Command, place: Place) -> None:
    """A name that begins with an equals sign must not run where the table is opened."""
    command("key", "create", "--name", "=cmd()")
    rows = list(csv.DictReader(io.StringIO(command("audit", "--format", "csv").stdout)))
    assert json.loads(rows[0]["after"])["name"] == "=cmd()"
    assert rows[0]["action"] == "api_key.created"
    assert not any(cell.startswith("=") for row in rows for cell in row.values())
