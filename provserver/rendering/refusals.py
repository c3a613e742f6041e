"""What a vendor's syntax cannot represent."""

from collections.abc import Collection, Iterable
from typing import Any

from provserver.domain.facts import Refusal
from provserver.domain.vendor import Vendor


def uncarriable(vendor: Vendor, values: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The values (by field) that this vendor's syntax cannot represent, with the reason."""
    refused: dict[str, str] = {}
    for field, value in values:
        for text in value if isinstance(value, list) else [value]:
            reason = refusal_of(str(text), vendor.syntax.cannot_carry)
            if reason:
                refused[field] = reason
    return refused


def refusal_of(text: str, refusals: Iterable[Refusal]) -> str | None:
    """Why a text cannot be written; None if it can."""
    if not text.isprintable():
        return "holds a character that cannot be printed"
    for item in refusals:
        if item.pattern.search(text):
            return item.why
    return None


def are_refused(texts: Collection[str], refusals: Iterable[Refusal]) -> bool:
    """Whether any of the texts cannot be represented."""
    return not "".join(texts).isprintable() or any(item.pattern.search(text) for item in refusals for text in texts)
