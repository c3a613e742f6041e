"""The vendors' CAs, and the verification of client certificates.

`client_ca_dir` has one PEM file (`snom.pem`) or one folder of PEM files (`snom/`) per vendor, named as in the
catalogue. Every certificate there, root or intermediate, is trusted for that vendor only. It therefore does not matter
whether a proxy passes on intermediate certificates.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import crypto

from provserver.domain.certificates import ClientCertificate
from provserver.domain.errors import BadConfiguration

_SUFFIXES = (".pem", ".crt", ".cer")
_ATTRIBUTES = {
    NameOID.COMMON_NAME: "CN",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
}
_CLIENTS = {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


class VendorTrust:
    """The trusted CAs by vendor."""

    def __init__(self, authorities: dict[str, list[x509.Certificate]]) -> None:
        self.authorities = authorities
        self._stores = {vendor: _store(trusted) for vendor, trusted in authorities.items()}

    def judge(self, chain: Sequence[x509.Certificate]) -> ClientCertificate | None:
        """The subject of the first certificate in `chain`, and the vendors whose CAs verify the chain now."""
        if not chain:
            return None
        try:
            subject = tuple(_subject(chain[0]))
            vendors = frozenset(vendor for vendor in self._stores if self._verifies(chain, vendor))
        except Exception:  # noqa: BLE001 - untrusted input; parsers may raise anything
            return None
        return ClientCertificate(subject, vendors)

    def _verifies(self, chain: Sequence[x509.Certificate], vendor: str) -> bool:
        leaf, *between = (crypto.X509.from_cryptography(one) for one in chain)
        try:
            crypto.X509StoreContext(self._stores[vendor], leaf, between).verify_certificate()
        except crypto.X509StoreContextError:
            return False
        return _is_for_clients(chain[0])


def load_trust(folder: Path | None, vendor_named: Callable[[str], str | None]) -> VendorTrust:
    """Load the CAs in `folder`. `vendor_named` maps names to vendors. Raises `BadConfiguration` naming the file."""
    authorities: dict[str, list[x509.Certificate]] = {}
    try:
        for path in sorted(folder.iterdir()) if folder else ():
            if path.name.startswith(".") or (not path.is_dir() and path.suffix not in _SUFFIXES):
                continue
            vendor = vendor_named(path.name if path.is_dir() else path.stem)
            if vendor is None:
                raise BadConfiguration(f"phones.tls.client_ca_dir: {path}: is not named as a vendor, like snom.pem")
            authorities.setdefault(vendor, []).extend(_certificates(path))
    except OSError as error:
        raise BadConfiguration(f"phones.tls.client_ca_dir: {error.filename}: {error.strerror}") from None
    return VendorTrust(authorities)


def trust_files(folder: Path | None) -> Iterator[Path]:
    """All paths that `load_trust` depends on."""
    if folder:
        yield folder
        for inside, folders, files in os.walk(folder):  # tolerates folders that disappear meanwhile
            yield from (Path(inside, name) for name in (*folders, *files))


def _certificates(path: Path) -> Iterator[x509.Certificate]:
    files = sorted(one for one in path.iterdir() if one.suffix in _SUFFIXES) if path.is_dir() else [path]
    for file in files:
        try:
            yield from x509.load_pem_x509_certificates(file.read_bytes())
        except ValueError as error:
            raise BadConfiguration(f"phones.tls.client_ca_dir: {file}: no certificate in PEM: {error}") from None


def _store(trusted: Sequence[x509.Certificate]) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    for authority in trusted:
        store.add_cert(crypto.X509.from_cryptography(authority))
    return store


def _subject(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    for attribute in certificate.subject:
        name = _ATTRIBUTES.get(attribute.oid)
        if name and isinstance(attribute.value, str):
            yield name, attribute.value


def _is_for_clients(certificate: x509.Certificate) -> bool:
    """Whether it may be used as a client certificate. Without an extended key usage, it may."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return bool(_CLIENTS & set(usage))
