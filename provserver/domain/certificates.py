"""What a client certificate tells of the phone that shows it, by the rules of vendor files. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from provserver.domain.mac import Mac, seen_mac
from provserver.domain.phone_signs import SubjectRule
from provserver.domain.vendor import Vendor


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate whose key the other end has proven to hold.

    `subject` are its attributes with their values, as they stand in it. `vendors` are those to whose configured roots
    its chain verifies; without any it is worth nothing, and can only tell against the one who shows it.
    """

    subject: tuple[tuple[str, str], ...]
    vendors: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """For the log: the subject in one line, and whose CA has made it."""
        subject = ", ".join(f"{attribute}={value}" for attribute, value in self.subject)
        printable = "".join(character if character.isprintable() else "?" for character in subject[:200])
        made_by = f"CA of {', '.join(sorted(self.vendors))}" if self.vendors else "unknown CA"
        return f"{printable or 'no subject'} ({made_by})"


def named_macs(certificate: ClientCertificate, rules: Iterable[SubjectRule]) -> frozenset[Mac]:
    """The MACs that the subject names by these rules; none for a certificate that many phones share.

    A rule must fit the whole value: a MAC somewhere inside another text is none.
    """
    found = (
        rule.pattern.fullmatch(value)
        for rule in rules
        for attribute, value in certificate.subject
        if attribute == rule.attribute
    )
    return frozenset(mac for match in found if match and (mac := seen_mac(match["mac"])))


def fits(certificate: ClientCertificate | None, vendor: Vendor, mac: Mac | None) -> bool | None:
    """Whether it is the factory certificate of this vendor's phone with this MAC.

    False for one that names another MAC, whoever made it; None for none, and for one that says nothing: without a MAC,
    or from a CA that is not this vendor's.
    """
    named = named_macs(certificate, vendor.certificate) if certificate else frozenset()
    if not certificate or not named:
        return None
    if named != {mac}:
        return False
    return True if vendor.vendor in certificate.vendors else None
