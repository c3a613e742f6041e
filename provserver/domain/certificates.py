"""Reads client certificates by the rules of the vendor files. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from provserver.domain.mac import Mac, seen_mac
from provserver.domain.phone_signs import SubjectRule
from provserver.domain.vendor import Vendor


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client certificate whose private key the phone has proven to own.

    `subject`: its (attribute, value) pairs in order. `vendors`: the vendors whose configured CA roots verify its chain.
    If empty, the certificate proves nothing, but it can still contradict a claimed MAC.
    """

    subject: tuple[tuple[str, str], ...]
    vendors: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """For the log: the subject in one line, and the issuing CA's vendor."""
        subject = ", ".join(f"{attribute}={value}" for attribute, value in self.subject)
        printable = "".join(character if character.isprintable() else "?" for character in subject[:200])
        made_by = f"CA of {', '.join(sorted(self.vendors))}" if self.vendors else "unknown CA"
        return f"{printable or 'no subject'} ({made_by})"


def named_macs(certificate: ClientCertificate, rules: Iterable[SubjectRule]) -> frozenset[Mac]:
    """The MACs that the subject names by these rules; none for a certificate shared by many phones.

    A rule must match the whole attribute value; a MAC inside other text does not count.
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

    False if it names another MAC, whoever issued it. None if there is no certificate, or it proves nothing: it names no
    MAC, or its CA is not this vendor's.
    """
    named = named_macs(certificate, vendor.certificate) if certificate else frozenset()
    if not certificate or not named:
        return None
    if named != {mac}:
        return False
    return True if vendor.vendor in certificate.vendors else None
