"""`render` and `explain`: the operator at 3 a.m. asks what a phone gets, and why."""

import pytest

from tests.cli.conftest import MAC, SECRET, Command, Place


def row(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if f" {name} " in line)


def test_render_masks_every_secret(command: Command, phone: Place) -> None:
    text = command("render", MAC).stdout
    assert SECRET not in text
    assert "t" * 32 not in text
    assert '<user_pass idx="1" perm="">********</user_pass>' in text
    assert "/p/********/" in text


def test_render_reveals_when_told(command: Command, phone: Place) -> None:
    text = command("render", "000413AABBCC", "--reveal").stdout
    assert f'<user_pass idx="1" perm="">{SECRET}</user_pass>' in text
    assert f"/p/{'t' * 32}/" in text


def test_render_takes_a_file_by_the_name_the_phone_asks_for(command: Command, phone: Place) -> None:
    assert "user_pass" not in command("render", MAC, "--file", "snomD785.htm").stdout
    assert "user_pass" in command("render", MAC, "--file", "SNOMD785-000413aabbcc.htm").stdout


def test_render_of_a_file_the_phone_does_not_get_names_those_it_gets(command: Command, phone: Place) -> None:
    assert "snomD785-000413AABBCC.htm" in command("render", MAC, "--file", "x.cfg", code=1).stderr


def test_render_answers_what_if_the_phone_were_another_model(command: Command, phone: Place) -> None:
    agent = "Mozilla/4.0 (compatible; snomD120-SIP 10.1.33.33 2010.12-1 000413AABBCC)"
    assert '<user_active idx="12"' in command("render", MAC).stdout
    assert '<user_active idx="12"' not in command("render", MAC, "--user-agent", agent).stdout


def test_explain_tells_value_layer_and_parameter(command: Command, phone: Place) -> None:
    text = command("explain", MAC).stdout
    assert "Snom D785" in text
    expires = row(text, "sip.register_expires")
    assert "1234" in expires
    assert "device" in expires
    assert "user_expiry[1] = 1234" in expires
    assert "account" in row(text, "regional.timezone")


def test_explain_tells_what_the_phones_cannot_express(command: Command, phone: Place) -> None:
    assert "not expressed: echo cancellation is always on" in row(
        command("explain", MAC).stdout, "audio.echo_cancellation"
    )


def test_explain_tells_what_became_of_every_key(command: Command, phone: Place) -> None:
    line = row(command("explain", MAC).stdout, "model_default")
    assert "fkey[0] = line" in line


def test_explain_shows_raw_parameters_and_no_secret(command: Command, phone: Place) -> None:
    text = command("explain", MAC).stdout
    assert SECRET not in text
    assert "t" * 32 not in text
    assert "Ringer3" in row(text, "user_ringer[1]")
    assert "********" in row(text, "http_pass")


def test_explain_shows_what_looks_like_markup_as_it_is(command: Command, phone: Place) -> None:
    """Else an operator gets a traceback, or a value without its brackets."""
    assert "Ringer [/b] [bold]" in row(command("explain", MAC).stdout, "alert_internal_ring_sound")


def test_explain_cuts_nothing_short_where_its_output_is_searched(
    command: Command, phone: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS")
    assert "fkey[0] = line" in row(command("explain", MAC).stdout, "model_default")
    assert "call_waiting[1] = on" in row(command("explain", MAC).stdout, "features.call_waiting_enabled")


@pytest.mark.parametrize("name", ["render", "explain"])
def test_a_mac_that_is_none_or_nobodys_is_told(command: Command, phone: Place, name: str) -> None:
    assert "there is no device 00:04:13:00:00:01" in command(name, "000413000001", code=1).stderr
    assert "is not a MAC address" in command(name, "hello", code=1).stderr
