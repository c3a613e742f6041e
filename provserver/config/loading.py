"""Loads the configuration: one YAML file, with keys overridable by `PROVSERVER_<SECTION>__<KEY>`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from provserver.config import Config
from provserver.domain.errors import BadConfiguration
from provserver.domain.findings import reason_of
from provserver.strictyaml import Document, parse

_PREFIX = "PROVSERVER_"
_OF_COMMANDS = {"PROVSERVER_CONFIG", "PROVSERVER_KEY"}  # options of commands rather than configuration keys
# Kubernetes sets these in the containers of a Service named provserver.
_OF_KUBERNETES = re.compile(r"PROVSERVER_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT(?:_\w+)?)")


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read `path` (None: only defaults), then apply the environment.

    Raises `BadConfiguration` naming file, line and key, or the variable.
    """
    document = _read(path) if path else Document("defaults", {}, "")
    if document.value is not None and not isinstance(document.value, dict):
        raise BadConfiguration(f"{document.name}:1: must be a mapping of sections")
    # A section with nothing but comments is null and means its defaults.
    values = {
        name: dict(section) if isinstance(section, dict) else section
        for name, section in (document.value or {}).items()
        if section is not None
    }
    variables = _lay_environment(values, environment)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise BadConfiguration(
            "\n".join(_finding(finding, document, variables) for finding in error.errors())
        ) from None


def _read(path: Path) -> Document:
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadConfiguration(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadConfiguration(f"{path}: is not UTF-8 text") from None


def _lay_environment(values: dict[str, Any], environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Insert each variable at its path; returns path -> variable name, for error messages."""
    variables = {}
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name in _OF_COMMANDS or _OF_KUBERNETES.fullmatch(name):
            continue
        *sections, key = path = tuple(name.removeprefix(_PREFIX).lower().split("__"))
        place = values
        for section in sections:
            if place.get(section) is None:
                place[section] = {}
            place = place[section]
            if not isinstance(place, dict):
                raise BadConfiguration(f"{name}: {section} is not a section")
        place[key] = environment[name]
        variables[path] = name
    return variables


def _finding(finding: Any, document: Document, variables: Mapping[tuple[str, ...], str]) -> str:
    path = tuple(finding["loc"])
    reason = reason_of(finding)
    if finding["type"] == "extra_forbidden":
        reason = "is not a key of the configuration"
    for length in range(len(path), 0, -1):
        if path[:length] in variables:
            return f"{variables[path[:length]]}: {reason}"
    below = [name for place, name in variables.items() if place[: len(path)] == path]
    if below and not document.has(path):
        return f"{', '.join(below)}: {'.'.join(map(str, path))} {reason}"
    return f"{document.place(path)}: {reason}"
