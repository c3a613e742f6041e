"""Certificates and keys of this server -> contexts: which is shown to whom, and with which versions and ciphers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL

from provserver.domain.errors import BadConfiguration

# Ephemeral keys and authenticated ciphers; those of TLS 1.3 are all of this kind.
_MODERN = b"ECDHE+AESGCM:ECDHE+CHACHA20"
# Those of TLS 1.3, the cheapest first: each is as good as another for what phones fetch.
_OF_TLS_1_3 = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
# Whatever an old phone can do, RSA key exchange, CBC and SHA-1 signatures included; still no anonymous or empty cipher.
_OLD = b"ALL:!aNULL:!eNULL:@SECLEVEL=0"
# SSL_MODE_NO_AUTO_CHAIN: the file has what is shown. Else OpenSSL would look for more of it at each handshake.
_NO_AUTO_CHAIN = 0x8


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate file (the server's first, then those up to its root) and the file with its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms TLS is spoken.

    `old_phones` allows TLS 1.0 and all that comes with it, `tickets` to resume a session. `ask_for` (None: ask for
    none) are the CAs whose client certificates are wanted.
    """

    old_phones: bool = False
    tickets: bool = True
    ask_for: Sequence[x509.Certificate] | None = None


def build_context(identities: Sequence[Identity], terms: Terms = Terms()) -> SSL.Context:
    """The context that shows the certificate for the name asked for, else the first; RSA or ECDSA by what a client can.

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
    context.set_mode(SSL.MODE_RELEASE_BUFFERS | _NO_AUTO_CHAIN)  # buffers: each that is silent would keep 30 kB
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)  # a phone that comes again has a ticket
    if not terms.tickets or terms.ask_for is not None:
        context.set_options(SSL.OP_NO_TICKET)  # a resumed session would bring no chain of the client
    if terms.ask_for is not None:
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        for authority in terms.ask_for:
            context.add_client_ca(authority)
    return context


def _checked_names(identity: Identity) -> frozenset[str]:
    """The names in a certificate that can be read and whose key fits. Raises `BadConfiguration`."""
    try:
        certificate = x509.load_pem_x509_certificate(identity.certificate.read_bytes())
        names = _dns_names(certificate)
    except OSError as error:
        raise BadConfiguration(f"{identity.certificate}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadConfiguration(f"{identity.certificate}: is no certificate in PEM: {error}") from None
    try:
        key = load_pem_private_key(identity.key.read_bytes(), None)
    except OSError as error:
        raise BadConfiguration(f"{identity.key}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise BadConfiguration(f"{identity.key}: is no key in PEM without a password: {error}") from None
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
    """Show the certificate that holds the name asked for, itself or by a wildcard."""
    name = (connection.get_servername() or b"").decode("ascii", "replace").lower()
    wildcard = "*." + name.partition(".")[2]
    for wanted in (name, wildcard):
        for names, context in groups.items():
            if wanted in names:
                connection.set_context(context)
                return
