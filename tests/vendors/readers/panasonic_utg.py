"""Files of Panasonic's KX-UTG: elements in groups, each Line with its number as `idx`, and who may change a value."""

from . import nested
from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """An element has a place of its own, and holds either others or text."""
    return nested.read(body, "PANASIPPhoneConfig", "idx", others=frozenset({"perm"}))
