"""Builds TLS contexts from certificates and keys: SNI, protocol versions and cipher suites."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from provserver.domain.errors import BadConfiguration

# Forward secrecy and AEAD ciphers only; TLS 1.3 has no others.
_MODERN = b"ECDHE+AESGCM:ECDHE+CHACHA20"
# TLS 1.3 suites, cheapest first.
_OF_TLS_1_3 = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
# Everything that old phones support, including RSA key exchange, CBC and SHA-1 signatures, but no anonymous or null
# cipher.
_OLD = b"ALL:!aNULL:!eNULL:@SECLEVEL=0"
# SSL_MODE_NO_AUTO_CHAIN: send the chain in the file; otherwise OpenSSL searches for issuers at each handshake.
_NO_AUTO_CHAIN = 0x8


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate file (server certificate first, then intermediates) and its key file."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Terms:
    """TLS policy.

    `old_phones`: allow TLS 1.0 and weak ciphers. `tickets`: allow session resumption. `ask_for`: the CAs whose client
    certificates are requested; None requests none.
    """

    old_phones: bool = False
    tickets: bool = True
    ask_for: Sequence[x509.Certificate] | None = None


def build_context(identities: Sequence[Identity], terms: Terms = Terms()) -> SSL.Context:
    """A context that selects the certificate by SNI (else the first), and RSA or ECDSA by the client's capabilities.

    Raises `BadConfiguration` naming the file.
    """
    groups: dict[frozenset[str], SSL.Context] = {}
    for identity in identities:
        names = _checked_names(identity)
        context = groups.setdefault(names, _new_context(terms))
        context.use_certificate_chain_file(identity.certificate)
        context.use_privatekey_file(identity.key)
    first = next(iter(groups.values()))
    if len(groups) > 1:
        first.set_tlsext_servername_callback(lambda connection: _choose(connection, groups))
    return first


def _new_context(terms: Terms) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_VERSION if terms.old_phones else SSL.TLS1_2_VERSION)
    context.set_cipher_list(_OLD if terms.old_phones else _MODERN)
    context.set_tls13_ciphersuites(_OF_TLS_1_3)
    context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_RENEGOTIATION)
    # Otherwise every idle connection keeps 30 kB of buffers
    context.set_mode(SSL.MODE_RELEASE_BUFFERS | _NO_AUTO_CHAIN)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # phones resume with tickets
    if not terms.tickets or terms.ask_for is not None:
        context.set_options(SSL.OP_NO_TICKET)  # a resumed session does not include the client's certificate chain
    if terms.ask_for is not None:
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        for authority in terms.ask_for:
            context.add_client_ca(authority)
    return context


def _checked_names(identity: Identity) -> frozenset[str]:
    """The DNS names of a certificate that is readable and matches its key. Raises `BadConfiguration`."""
    try:
        certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
        names = _dns_names(certificate)
    except OSError as error:
        raise BadConfiguration(f"{identity.certificate}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadConfiguration(f"{identity.certificate}: is not a certificate in PEM: {error}") from None
    try:
        key = load_pem_private_key(identity.key.read_bytes(), None)
    except OSError as error:
        raise BadConfiguration(f"{identity.key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise BadConfiguration(f"{identity.key}: is not an unencrypted key in PEM: {error}") from None
    if key.public_key() != certificate.public_key():
        raise BadConfiguration(f"{identity.key}: is not the key of {identity.certificate}")
    return frozenset(name.lower() for name in names)


def _dns_names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return names.get_values_for_type(x509.DNSName)


def _choose(connection: SSL.Connection, groups: dict[frozenset[str], SSL.Context]) -> None:
    """Switch to the certificate that contains the requested name, exactly or by wildcard."""
    name = (connection.get_servername() or b"").decode("ascii", "replace").lower()
    wildcard = "*." + name.partition(".")[2]
    for wanted in (name, wildcard):
        for names, context in groups.items():
            if wanted in names:
                connection.set_context(context)
                return
