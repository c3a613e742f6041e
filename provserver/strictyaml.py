"""YAML without its traps: text in, plain values and the line of every key out.

Duplicate keys are refused. So are the values YAML 1.1 guesses wrongly where text was meant: an unquoted `001565` is a
number in octal and `24:15:45` one in base 60. Every value stays text but `true`, `false`, `null` and plain decimal
numbers without a leading zero.
"""

import re
from typing import Any

import yaml

from provserver.domain.errors import BadConfiguration

Path = tuple[str | int, ...]

_DEEPEST = 50  # a file that people write is never nested deeper; one that refers to itself always is

_LONGEST_NUMBER = 18  # a longer row of digits is no count of anything: it stays text
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)")
_LOOKS_MANGLED = re.compile(r"0[0-9]+|[0-9]+(:[0-9]+)+|0[xo][0-9a-fA-F]+")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class Document:
    """A parsed file: its `value`, and the line (from 1) on which each path stands."""

    def __init__(self, name: str, value: Any, lines: dict[Path, int]) -> None:
        self.name = name
        self.value = value
        self._lines = lines

    def has(self, path: Path) -> bool:
        """Whether something stands at this path."""
        return path in self._lines

    def place(self, path: Path) -> str:
        """`file:line: key.path`, with the line of the nearest parent where the path itself is not there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                line = self._lines[path[:length]]
                return f"{self.name}:{line}: {'.'.join(map(str, path))}" if path else f"{self.name}:{line}"
        return self.name


def parse(text: str, name: str) -> Document:
    """Parse `text`; `name` is the file as errors call it. Raises `BadConfiguration` with file, line and key."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadConfiguration(f"{name}:{line}: not readable as YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise BadConfiguration(f"{name}: not readable as YAML: {reason}") from None
    except (ValueError, OverflowError):
        raise BadConfiguration(f"{name}: not readable as YAML: an escape stands for no character") from None
    except RecursionError:
        raise BadConfiguration(f"{name}: not readable as YAML: nested too deeply") from None
    lines: dict[Path, int] = {(): 1}
    value = _value(node, (), lines, name) if node is not None else None
    return Document(name, value, lines)


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(path) > _DEEPEST:
        raise BadConfiguration(f"{name}:{node.start_mark.line + 1}: nested too deeply, or refers to itself")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, index), lines, name) for index, child in enumerate(node.value)]
    return _scalar(node, path, lines, name)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], name: str) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise BadConfiguration(f"{name}:{line}: a key must be text")
        key = key_node.value
        if key in mapping:
            raise BadConfiguration(f"{name}:{line}: {'.'.join(map(str, (*path, key)))}: the key stands here twice")
        if key_node.style is None and _LOOKS_MANGLED.fullmatch(key):
            raise BadConfiguration(f"{name}:{line}: {key}: put it in quotes; YAML would read it as another number")
        lines[(*path, key)] = line
        mapping[key] = _value(value_node, (*path, key), lines, name)
    return mapping


def _scalar(node: yaml.Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _LOOKS_MANGLED.fullmatch(text):
        where = f"{name}:{node.start_mark.line + 1}: {'.'.join(map(str, path))}"
        raise BadConfiguration(f"{where}: put {text} in quotes; YAML would read it as another number")
    return int(text) if _DECIMAL.fullmatch(text) and len(text) <= _LONGEST_NUMBER else text
