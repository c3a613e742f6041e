"""`vendors`: whether an operator's phones can be provisioned, and with which settings."""

from tests.cli.conftest import Command


def test_all_vendors_are_listed_with_the_coverage_of_settings(command: Command) -> None:
    text = command("vendors").stdout
    assert "Yealink" in text
    _, _, coverage = text.partition(" audio.echo_cancellation ")
    assert "avaya" in coverage.partition(" audio.")[0], "those that lack it are named"


def test_one_vendor_is_shown_with_models_and_parameters(command: Command) -> None:
    text = command("vendors", "Yealink").stdout
    model = next(line for line in text.splitlines() if " T46S " in line)
    assert "16" in model
    assert "account.{line}.sip_server.1.expires" in text


def test_a_vendor_that_is_not_known_is_told_with_those_that_are(command: Command) -> None:
    assert "known are" in command("vendors", "acme", code=1).stderr
