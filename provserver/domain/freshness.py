"""When two fetches must have been the same: the stamp of everything a device's file is made from.

A stamp is `edition.platform.account.device`: which edition of all files is out (that changes with the catalogue, and
with what phones are told of time zones), and the revisions of the platform layer, the account and the device. Equal
stamps mean nothing that a file is made from has changed in between; different stamps only mean that it may have.
"""


def shared_stamp(edition: str, platform_revision: int, account_revision: int) -> str:
    """The part that all devices of one account share, with its trailing dot."""
    return f"{edition}.{platform_revision}.{account_revision}."


def stamp(edition: str, platform_revision: int, account_revision: int, device_revision: int) -> str:
    """The whole stamp of one device."""
    return f"{shared_stamp(edition, platform_revision, account_revision)}{device_revision}"


def same_entity(if_none_match: str | None, etag: str) -> bool:
    """Whether a phone has what has this tag: weak comparison of If-None-Match (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
