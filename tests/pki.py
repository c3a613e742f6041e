"""CAs and certificates of our own: what vendors put into their phones, made for the tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_YEAR = timedelta(days=365)
_ATTRIBUTES = {
    "CN": NameOID.COMMON_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
}


@dataclass(frozen=True)
class Issued:
    """A certificate with its key and, where others are between it and the root, those."""

    certificate: x509.Certificate
    key: Key
    between: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> bytes:
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.between))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def chain(self) -> list[x509.Certificate]:
        return [self.certificate, *self.between]

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """The chain and the key as files."""
        folder.mkdir(exist_ok=True)
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(self.pem)
        key.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, key


class Authority:
    """A CA; `issue` makes what it signs, and `under` a CA below it."""

    def __init__(self, name: str, issuer: "Authority | None" = None) -> None:
        self.key: Key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        self.certificate = _sign(self.name, self.key, signer, is_ca=True)
        self.between: tuple[x509.Certificate, ...] = () if issuer is None else (self.certificate, *issuer.between)

    def under(self, name: str) -> "Authority":
        return Authority(name, self)

    def issue(
        self, *, dns: str | None = None, key: Key | None = None, ends: timedelta = _YEAR, **subject: str | list[str]
    ) -> Issued:
        """A certificate without a subjectAltName, as factories make them; with one for a server of the name `dns`."""
        own = key or ec.generate_private_key(ec.SECP256R1())
        values = [(k, one) for k, value in subject.items() for one in ([value] if isinstance(value, str) else value)]
        name = x509.Name([x509.NameAttribute(_ATTRIBUTES[attribute], value) for attribute, value in values])
        return Issued(_sign(name, own, self, dns=dns, ends=ends), own, self.between)

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path


def rsa_key() -> Key:
    return rsa.generate_private_key(65537, 2048)


def _sign(
    name: x509.Name,
    key: Any,
    issuer: Authority,
    *,
    is_ca: bool = False,
    dns: str | None = None,
    ends: timedelta = _YEAR,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _YEAR)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    )
    if dns:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(dns)]), critical=False)
    return builder.sign(issuer.key, SHA256())
