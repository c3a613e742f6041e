"""Every proof that the page on security names is there."""

import re

from tests.docs.markdown import ROOT


def test_every_test_that_the_security_page_names_exists() -> None:
    """A threat whose test was renamed or deleted would go on looking proven."""
    page = (ROOT / "docs" / "security.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()]
    assert named
    assert missing == []
