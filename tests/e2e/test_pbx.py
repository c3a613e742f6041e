"""Without a SIP server to test against the suite says so, and a build that should have one fails."""

import pytest

from tests.e2e import pbx


@pytest.mark.parametrize(("variable", "outcome"), [(None, pytest.skip.Exception), ("CI", pytest.fail.Exception)])
def test_missing_programs_are_no_silent_success(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, outcome: type[BaseException]
) -> None:
    for name in ("CI", "PROVSERVER_CI"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, "true")
    monkeypatch.setattr(pbx, "_which", lambda program: None)
    with pytest.raises(outcome, match="install kamailio kamailio-tls-modules sip-tester"):
        pbx.need_programs()
