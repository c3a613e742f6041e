"""Turns pydantic's validation errors into readable messages."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from provserver.domain.errors import Invalid

_OF_A_FIELD = "of_a_field"
_PLAIN = {
    "extra_forbidden": "is not known here",
    "missing": "is needed",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false",
    "int_parsing": "must be a whole number",
    "float_parsing": "must be a number",
    "path_type": "must be a path",
    "int_from_float": "must be a whole number",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
_OF_CHARACTERS = re.compile(r"\^\[([^^].*)\]\+\$")
_STIFF = re.compile(r"^(?:Value error, |(?:Input|String|List|Tuple|Value|Dictionary) should (?=(be|have|match)))")


def wrong_field(name: str, reason: str) -> PydanticCustomError:
    """An error about one field, for use in validators that compare several fields."""
    return PydanticCustomError(_OF_A_FIELD, "{reason}", {"field": name, "reason": reason})


def reason_of(finding: Mapping[str, Any]) -> str:
    """The message for one error, to be read after the field name."""
    if finding["type"] in _PLAIN:
        return _PLAIN[finding["type"]]
    pattern = finding.get("ctx", {}).get("pattern", "")
    if characters := _OF_CHARACTERS.fullmatch(pattern):
        return f"may only hold the characters {characters[1]}"
    said = str(finding["msg"]).removesuffix(" after validation, not 0")
    return _STIFF.sub(lambda found: "must " if found[1] else "", said)


def invalid_from(error: ValidationError, prefix: str, known: Iterable[str] = ()) -> Invalid:
    """Convert pydantic's errors to `Invalid`, with field path -> reason. `known`.

    Paths to suggest for misspelled names.
    """
    details = {}
    for finding in error.errors(include_url=False, include_input=False):
        place = [*([prefix] if prefix else []), *(str(part) or '""' for part in finding["loc"])]
        if finding["type"] == _OF_A_FIELD:
            place.append(finding["ctx"]["field"])
        path = ".".join(place) or "body"
        details[path] = reason_of(finding)
        if finding["type"] == "extra_forbidden":
            details[path] += _meant(path, known)
    first = next(iter(details))
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return Invalid(f"{first}: {details[first]}{more}", details=details)


def _meant(path: str, known: Iterable[str]) -> str:
    """A suggestion with the most similar known setting, or an empty text."""
    _, within, said = path.partition("abstractions.")
    close = get_close_matches(said, known, n=1, cutoff=0.75) if within else []
    return f"; did you mean {close[0]}?" if close else ""
