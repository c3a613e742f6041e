"""What every reader gives back."""

Pairs = list[tuple[str, str]]
"""Names and values in the order of the file; what can be read in more than one way stands there in each of them."""


def lines_of(body: bytes) -> list[str]:
    """The lines of a file of UTF-8 text, of which each ends with a line feed and no carriage return."""
    text = body.decode("utf-8")
    assert text.endswith("\n")
    assert "\r" not in text
    return text.removesuffix("\n").split("\n")
