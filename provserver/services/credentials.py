"""Generates secrets and user names."""

from provserver.services.sources import Sources

# No look-alikes (0 O, 1 l I), and no character that is special in any file format, URL or SIP header.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
_PLAIN = "23456789abcdefghjkmnpqrstuvwxyz"
PASSWORD_LENGTH = 24


def new_password(sources: Sources) -> str:
    """A SIP password: 24 characters, about 138 bits, safe in all file formats and easy to read out."""
    return _draw(sources, _ALPHABET, PASSWORD_LENGTH)


def new_username(sources: Sources) -> str:
    """A SIP user name for a user without an extension."""
    return f"u{_draw(sources, _PLAIN, 11)}"


def new_api_key(sources: Sources) -> str:
    """An API key: `sk_live_` and 40 characters, about 230 bits."""
    return f"sk_live_{_draw(sources, _ALPHABET, 40)}"


def _draw(sources: Sources, alphabet: str, length: int) -> str:
    # Eight bytes per character, so that the modulo bias is negligible.
    drawn = sources.entropy(8 * length)
    chunks = (drawn[start : start + 8] for start in range(0, 8 * length, 8))
    return "".join(alphabet[int.from_bytes(chunk, "big") % len(alphabet)] for chunk in chunks)
