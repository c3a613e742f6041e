"""The stamp: a version of everything a device's file is made from.

Format: `edition.platform.account.device`. The edition changes with the catalogue and with time zone data; the others
are the revisions of the platform layer, the account and the device. Equal stamps guarantee an equal file; different
stamps only mean that it may differ.
"""


def shared_stamp(edition: str, platform_revision: int, account_revision: int) -> str:
    """The part shared by all devices of an account, with a trailing dot."""
    return f"{edition}.{platform_revision}.{account_revision}."


def stamp(edition: str, platform_revision: int, account_revision: int, device_revision: int) -> str:
    """The stamp of one device."""
    return f"{shared_stamp(edition, platform_revision, account_revision)}{device_revision}"


def same_entity(if_none_match: str | None, etag: str) -> bool:
    """Whether If-None-Match lists this entity tag (weak comparison, RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
