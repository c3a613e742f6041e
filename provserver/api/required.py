"""Fields that a merge patch may set but not clear."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.errors import Invalid


def not_cleared(changes: Mapping[str, Any], *names: str) -> None:
    """Raise `Invalid` for each of `names` that is set to null."""
    details = {name: "cannot be cleared" for name in names if name in changes and changes[name] is None}
    if details:
        raise Invalid(f"{', '.join(details)} cannot be cleared", details=details)
