"""What every reader gives back."""

Pairs = list[tuple[str, str]]
"""Names and values in the order of the file; what can be read in more than one way stands there in each of them."""
