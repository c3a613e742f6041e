"""Every command in README and docs works as written, and the answers shown are those that come."""

import json
from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, Block, blocks
from tests.docs.replay import Reader, Replay, differences, lines_not_printed

_DOCUMENTS = [page for page in PAGES if any(block.language == "sh" for block in blocks(page.read_text()))]


@pytest.mark.parametrize("page", _DOCUMENTS, ids=lambda page: page.name)
def test_the_commands_of_a_document_work_as_written(page: Path, tmp_path: Path) -> None:
    found = _to_replay(page)
    reader = Reader(tmp_path)
    replay = reader.replay(found)
    last = next((text for text in reversed(replay.printed.values()) if text), "")
    assert replay.code == 0, f"{page.name}: {replay.said}\n{last}\n{reader.server_said()}"
    problems = [f"{page.name}:{line}: {reason}" for line, reason in _wrong_answers(found, replay, reader)]
    assert not problems, "\n".join(problems)


def _to_replay(page: Path) -> list[Block]:
    """All blocks; the README's first two commands install and start, which its readers have done by then."""
    found = blocks(page.read_text())
    if page.name != "README.md":
        return found
    return [Block("sh", (), "provserver serve --demo\n", 0), *(found[2:])]


def _wrong_answers(found: list[Block], replay: Replay, reader: Reader) -> list[tuple[int, str]]:
    wrong = []
    pasted = 0
    for block in found:
        if block.language == "sh":
            pasted = block.line
        elif block.words:
            continue
        elif block.language == "json":
            came = replay.answers[pasted]
            reasons = differences(json.loads(block.text), json.loads(came)) if came else ["no answer came"]
            wrong += [(block.line, reason) for reason in reasons]
        elif block.language == "text":
            printed = replay.printed[pasted] + reader.server_said()
            wrong += [(block.line, f"not printed: {line}") for line in lines_not_printed(block.text, printed)]
    return wrong
