"""The reasons why a phone gets no file, as logged. docs/operations.md explains each of them."""

from enum import Enum


class Refusal(Enum):
    """The reasons for a 404; `{}` is filled in with details of the request or device."""

    UNKNOWN_MAC = "unknown MAC"
    NO_PROOF = "no proof: {}"
    TWO_MACS = "names two MACs: {}"
    MAC_TWICE = "has the parameter mac twice"
    TOKEN_OF_ANOTHER = "the token is another device's"  # noqa: S105 - no token
    OTHER_VENDOR = "a phone of {}"
    NO_FILE_OF_TYPE = "no file of a {} of {}"
    ONLY_RECOGNISED = "a {}, which is only recognised"
    TOO_MANY_UNKNOWN = "too many unknown MACs from this address"
    NOT_SERVED = "a file that is not served"
    NO_FILE_NAME = "nothing that a phone asks for"
    NO_PATH = "no path that a phone asks for"

    def told(self, *what: object) -> str:
        """The text with its placeholders filled in."""
        return self.value.format(*what)
