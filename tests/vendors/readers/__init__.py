"""Readers of phones' files that know nothing of how they were made, and are stricter than any phone.

A dialect whose syntax is its own brings a module of its name, here, with `read(template: str, body: bytes) -> Pairs`:
it is found by being there, and may leave some of its templates to `xml.read` or `lines.read`. It must read as the phone
does, take back what the syntax escapes, and fail an assertion for whatever no phone would understand. All other
dialects are read by what their files look like.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

from provserver.domain.file_rules import FileRule
from provserver.domain.vendor import Vendor

from . import lines, xml
from .pairs import Pairs

__all__ = ["Pairs", "read_pairs"]


def read_pairs(vendor: Vendor, rule: FileRule, body: bytes) -> Pairs:
    """Names and values of a file that was made by this rule, in its order; an assertion fails for what is neither."""
    own = _own_reader(vendor.dialect)
    if own and rule.template:
        return own(rule.template, body)
    return xml.read(body) if body.lstrip().startswith(b"<") else lines.read(body)


@cache
def _own_reader(dialect: str) -> Callable[[str, bytes], Pairs] | None:
    if not Path(__file__).with_name(f"{dialect}.py").exists():
        return None
    read: Callable[[str, bytes], Pairs] = import_module(f".{dialect}", __package__).read
    return read
