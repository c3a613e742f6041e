"""2N's database: elements in elements, of which those of one name tell their number as `At`."""

from . import nested
from .pairs import Pairs


def read(template: str, body: bytes) -> Pairs:
    """An element has a place of its own, and holds either others or text."""
    return nested.read(body, "DeviceDatabase", "At")
