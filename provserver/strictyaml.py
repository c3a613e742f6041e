"""A strict YAML reader: plain values, and the line number of every key.

Duplicate keys are refused, and so are unquoted values that YAML 1.1 would misread: `001565` as octal and `24:15:45` as
base 60. All values are text, except `true`, `false`, `null` and decimal numbers without leading zeros.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import yaml

from provserver.domain.errors import BadConfiguration

Path = tuple[str | int, ...]

_DEEPEST = 50  # no hand-written file is nested deeper

_LONGEST_NUMBER = 18  # longer digit strings are identifiers, so they stay text
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)")
_LOOKS_MANGLED = re.compile(r"0[0-9]+|[0-9]+(:[0-9]+)+|0[xo][0-9a-fA-F]+")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""LibYAML, if PyYAML was built with it, is ten times as fast; all vendor files are read at start."""


class Document:
    """A parsed file: its `value`, and the line number (from 1) of each path."""

    def __init__(self, name: str, value: Any, text: str) -> None:
        self.name = name
        self.value = value
        self._text = text

    @cached_property
    def _lines(self) -> dict[Path, int]:
        """Line numbers, computed on first use, because only errors need them."""
        lines: dict[Path, int] = {(): 1}
        _Reader(self.name, lines.setdefault).read(self._text)
        return lines

    def has(self, path: Path) -> bool:
        """Whether this path exists."""
        return path in self._lines

    def place(self, path: Path) -> str:
        """`file:line: key.path`; for a path that does not exist, the line of its nearest parent."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._lines:
                line = self._lines[path[:length]]
                return f"{self.name}:{line}: {'.'.join(map(str, path))}" if path else f"{self.name}:{line}"
        return self.name


def parse(text: str, name: str) -> Document:
    """Parse `text`; `name` is used in errors. Raises `BadConfiguration` with file, line and key."""
    return Document(name, _Reader(name).read(text), text)


class _Reader:
    """Builds values from YAML events. `note` is called with the line of every path."""

    def __init__(self, name: str, note: Callable[[Path, int], Any] | None = None) -> None:
        self._name = name
        self._note = note
        self._anchors: dict[str, Any] = {}
        self._path: list[str | int] = []
        self._events: Iterator[yaml.Event] = iter(())

    def read(self, text: str) -> Any:
        try:
            self._events = iter(yaml.parse(text, Loader=_LOADER))
            return self._document()
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise BadConfiguration(f"{self._name}:{line}: not readable as YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            reason = " ".join(str(error).split())
            raise BadConfiguration(f"{self._name}: not readable as YAML: {reason}") from None
        except (ValueError, OverflowError):
            raise BadConfiguration(
                f"{self._name}: not readable as YAML: it holds what stands for no character"
            ) from None

    def _document(self) -> Any:
        next(self._events)  # stream start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events))
        next(self._events)  # document end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._mistake(after, "not readable as YAML: a second document begins")
        return value

    def _value(self, event: yaml.Event) -> Any:
        if self._note:
            self._note(tuple(self._path), _line(event))
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        elif len(self._path) > _DEEPEST:
            raise self._mistake(event, "nested too deeply")
        else:
            value = self._mapping() if isinstance(event, yaml.MappingStartEvent) else self._sequence()
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = value
        return value

    def _aliased(self, event: yaml.AliasEvent) -> Any:
        """The value of the anchor, which must be complete: no recursive references."""
        if event.anchor not in self._anchors:
            raise self._mistake(event, f"not readable as YAML: *{event.anchor} names no anchor above it")
        return self._anchors[event.anchor]

    def _sequence(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            self._path.append(len(items))
            items.append(self._value(event))
            self._path.pop()
        return items

    def _mapping(self) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            self._path.append(key)
            if key in mapping:
                raise self._mistake(event, f"{self._where}: the key stands here twice")
            if self._note:
                self._note(tuple(self._path), _line(event))
            mapping[key] = self._value(next(self._events))
            self._path.pop()
        return mapping

    def _key(self, event: yaml.Event) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._mistake(event, "a key must be text")
        key = str(event.value)
        if not event.style and _LOOKS_MANGLED.fullmatch(key):
            raise self._mistake(event, f"{key}: put it in quotes; YAML would read it as another number")
        if event.anchor:
            self._anchors[event.anchor] = key
        return key

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text = str(event.value)
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _LOOKS_MANGLED.fullmatch(text):
            raise self._mistake(event, f"{self._where}: put {text} in quotes; YAML would read it as another number")
        return int(text) if _DECIMAL.fullmatch(text) and len(text) <= _LONGEST_NUMBER else text

    @property
    def _where(self) -> str:
        return ".".join(map(str, self._path))

    def _mistake(self, event: yaml.Event, what: str) -> BadConfiguration:
        return BadConfiguration(f"{self._name}:{_line(event)}: {what}")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1
