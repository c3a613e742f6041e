"""The replay of documents must notice what is wrong, else the documents are only believed to be right."""

from pathlib import Path
from typing import Any

import pytest

from tests.docs.markdown import anchors, blocks, links
from tests.docs.replay import Reader, differences, lines_not_printed

_PAGE = """# A page, with `code`

```sh
echo one
```

```json
{"a": 1}
```

```sh fails
false
```

```yaml file=some/file.yaml
a: 1
```

[there](other.md#below) and <https://example.com>
"""


def test_blocks_headings_and_links_are_found() -> None:
    found = blocks(_PAGE)
    assert [(block.language, block.words, block.line) for block in found] == [
        ("sh", (), 4),
        ("json", (), 8),
        ("sh", ("fails",), 12),
        ("yaml", ("file=some/file.yaml",), 16),
    ]
    assert links(_PAGE) == ["other.md#below"]
    assert anchors(_PAGE) == {"a-page-with-code"}


def test_a_page_is_replayed_in_one_shell(tmp_path: Path) -> None:
    text = _PAGE + "\n```sh\nHERE=there\n```\n```sh\ncat some/file.yaml; echo $HERE\n```\n"
    replay = Reader(tmp_path).replay(blocks(text))
    assert replay.code == 0, replay.said
    assert list(replay.printed.values())[-1] == "a: 1\nthere\n"


@pytest.mark.parametrize(
    "text",
    [
        "```sh\nfalse\necho on\n```\n",
        "```sh\nfalse | cat\n```\n",
        "```sh\necho $NOT_SET\n```\n",
        "```sh fails\ntrue\n```\n",
    ],
)
def test_what_goes_wrong_ends_the_replay(tmp_path: Path, text: str) -> None:
    assert Reader(tmp_path).replay(blocks(text)).code != 0


def test_a_refused_call_goes_wrong(tmp_path: Path) -> None:
    text = (
        "```sh\nprovserver serve\n```\n"
        "```sh fails\ncurl http://127.0.0.1:8081/v1/accounts\n```\n"
        "```sh\ncurl http://127.0.0.1:8081/healthz\n```\n"
    )
    replay = Reader(tmp_path).replay(blocks(text))
    assert replay.code == 0, replay.said
    assert [replay.answers[line] for line in (5, 8)] == [replay.printed[5].splitlines()[-1], '{"status":"ok"}']
    assert '"code":"unauthenticated"' in replay.answers[5]


@pytest.mark.parametrize(
    ("shown", "came", "problems"),
    [
        ({"a": 1, "b": "x"}, {"a": 2, "b": "y"}, 0),
        ({"a": 1}, {"a": 1, "b": 1}, 1),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 1}, 0),
        ({"a": 1, "b": 1}, {"a": 1}, 1),
        ({"a": 1}, {"a": "1"}, 1),
        ({"a": None}, {"a": "1"}, 1),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"d": 1}]}}, 2),
        ([], [1], 1),
        ([1], [], 1),
    ],
)
def test_an_answer_of_another_shape_is_told(shown: Any, came: Any, problems: int) -> None:
    assert len(list(differences(shown, came))) == problems


def test_a_line_that_was_not_printed_is_told() -> None:
    printed = "│ A20 │  4 │\nsip = pbx\n2026-11-22T21:18:24.361Z done at http://127.0.0.1:4711/p/" + "a" * 32 + "/"
    shown = "│ A20 … │ 4 │\n\nsip = pbx2\n… done at http://127.0.0.1:8080/p/" + "b" * 32 + "/\nsip"
    assert lines_not_printed(shown, printed) == ["sip = pbx2", "sip"]
