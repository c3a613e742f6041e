"""The vocabulary as a flat index: path -> description. Derived from `domain.settings`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from provserver.domain.findings import invalid_from
from provserver.domain.settings import Abstractions


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `schema`: its JSON Schema. `expressed_by`: the setting that represents it in files, if any."""

    path: str
    meaning: str
    unit: str | None
    secret: bool
    expressed_by: str | None
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LineValue:
    """A value that comes from the user on a line rather than from a layer. Vendor files map it like a setting."""

    path: str
    meaning: str
    secret: bool = False


LINE_VALUES = {
    value.path: value
    for value in (
        LineValue("line.number", "Line appearance, from 1"),
        LineValue("line.username", "SIP user name: the user part of the address of record"),
        LineValue("line.auth_username", "User name for digest authentication; default: the SIP user name"),
        LineValue("line.password", "SIP password", secret=True),
        LineValue("line.domain", "SIP domain of the address of record: the user's own, else `sip.domain`"),
        LineValue("line.server", "Registrar of this line: `sip.server`, else the domain"),
        LineValue("line.display_name", "Display name sent with calls"),
        LineValue("line.label", "Label of the line key: the extension, else the SIP user name"),
    )
}


def _walk(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo, dict[str, Any]]]:
    definitions = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        nested = [kind for kind in get_args(field.annotation) if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if nested:
            yield from _walk(nested[0], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field, definitions[name]


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of the value itself, without null, title and extensions."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    return {key: value for key, value in options[0].items() if not key.startswith("x-") and key != "title"}


def _index() -> dict[str, Setting]:
    index = {}
    for path, field, schema in _walk(Abstractions, ""):
        index[path] = Setting(
            path=path,
            meaning=field.description or "",
            unit=schema.get("x-unit"),
            secret=bool(schema.get("x-secret")),
            expressed_by=schema.get("x-expressed-by"),
            schema=_plain_schema(schema),
        )
    return index


DECT_VALUES = {
    value.path: value
    for value in (
        LineValue("line.slot", "Slot of this line's handset"),
        LineValue("line.handset_line", "Which line of its handset this is, from 1"),
        LineValue("line.server_number", "Which of the servers this line registers with, from 1"),
        LineValue("handset.slot", "Slot of the handset, from 1; permanent"),
        LineValue("handset.ipei", "IPEI of the handset, 10 upper-case hexadecimal characters"),
        LineValue("handset.name", "Name of the handset; default: that of its first user"),
        LineValue("handset.accounts", "Numbers of the handset's lines, separated by commas"),
        LineValue("server.domain", "SIP domain of this server"),
        LineValue("server.address", "Registrar of this server"),
        LineValue("system.role", "Role of this base in its multicell system"),
        LineValue("system.chain_id", "Number shared by all bases of a multicell system"),
        LineValue("system.bases", "Number of bases in the multicell system"),
        LineValue("system.paired_at", "When the newest handset was added, in seconds since 1970"),
        LineValue("cell.mac", "MAC address of a base of the multicell system"),
        LineValue("cell.role", "Role of a base of the multicell system"),
    )
}
"""Values that only occur in files of DECT bases: handsets, SIP servers, and the bases of a multicell system."""

SETTINGS: dict[str, Setting] = _index()
"""All settings by path, in order of declaration."""

NAMES = frozenset(SETTINGS) | {path.rpartition(".")[0] for path in SETTINGS}
"""All settings and groups, for suggestions on misspelled names."""

VOCABULARY = {path: setting for path, setting in SETTINGS.items() if not path.startswith("buttons.")}
"""The settings that vendor files map. The others define numbers for buttons, independent of the vendor."""

SECRETS = frozenset(path for path, setting in SETTINGS.items() if setting.secret)


def check_abstractions(document: Any, field: str = "abstractions") -> None:
    """Validate nested abstractions. Raises `Invalid` with the path of every unknown name and bad value."""
    try:
        Abstractions.model_validate(document)
    except ValidationError as error:
        raise invalid_from(error, field, NAMES) from None


def flatten(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested abstractions as path -> value. Lists count as values; absent and null are left out."""
    flat: dict[str, Any] = {}
    for name, value in document.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict):
            flat |= flatten(value, f"{path}.")
        elif value is not None:
            flat[path] = value
    return flat


def nest(flat: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `flatten`."""
    document: dict[str, Any] = {}
    for path, value in flat.items():
        *groups, name = path.split(".")
        place = document
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = value
    return document
