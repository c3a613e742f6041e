"""The client certificate of a phone, from its own TLS connection or from a header set by a trusted proxy.

Proxies encode certificates in several ways. The configured header may hold any of them:

- nginx, `$ssl_client_escaped_cert`: PEM, percent-encoded
- HAProxy, `%[ssl_c_der,base64]`, and Caddy, `{http.request.tls.client.certificate_der_base64}`: DER in base64
- Envoy, `X-Forwarded-Client-Cert`: elements of `Cert="…"` and `Chain="…"`, PEM, percent-encoded; the last one counts
- RFC 9440, `Client-Cert` and `Client-Cert-Chain`: DER in base64 between colons

A header with only the subject is not accepted, because we verify the issuing CA ourselves.
"""

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from aiohttp import web
from cryptography import x509

from provserver.domain.networks import Networks
from provserver.phones.source import is_from_proxy

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_XFCC_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_XFCC_PAIR = re.compile(r'(By|Hash|Cert|Chain|Subject|URI|DNS)=("(?:[^"\\]|\\.)*"|[^;]*)', re.IGNORECASE)
_RFC_9440 = "client-cert"


def shown_chain(request: web.Request, header: str | None, trusted: Networks) -> list[x509.Certificate]:
    """The certificates that the phone presented, its own first. Empty if there are none or they cannot be parsed."""
    if header and is_from_proxy(request, trusted):
        return decoded(lambda: _from_header(request, header))
    return decoded(lambda: _from_connection(request))


def decoded(encoded: Callable[[], Iterable[bytes]]) -> list[x509.Certificate]:
    """Parse DER certificates; an empty list if any of them cannot be parsed."""
    try:
        return [x509.load_der_x509_certificate(one) for one in encoded()]
    except Exception:  # noqa: BLE001 - untrusted input; parsers may raise anything
        return []


def _from_connection(request: web.Request) -> tuple[bytes, ...]:
    shown: tuple[bytes, ...] = request.transport.get_extra_info("client_chain", ()) if request.transport else ()
    return shown


def _from_header(request: web.Request, header: str) -> Iterator[bytes]:
    """The header must occur exactly once: a second one could come from the phone itself."""
    values = request.headers.getall(header, [])
    if len(values) != 1:
        return
    yield from read_certificates(values[0])
    if header.lower() == _RFC_9440:
        for value in request.headers.getall(f"{header}-Chain", []):
            for item in value.split(","):
                yield from read_certificates(item)


def read_certificates(value: str) -> Iterator[bytes]:
    """The DER certificates in a header value. Raises `ValueError` if it has none of the known encodings."""
    value = value.strip()
    decoded = unquote(value)
    if decoded.startswith("-----BEGIN"):
        yield from _in_pem(decoded)
    elif _XFCC_PAIR.match(value):
        yield from _in_xfcc(value)
    elif value:
        yield base64.b64decode(value.strip('":'), validate=True)


def _in_pem(text: str) -> Iterator[bytes]:
    for found in _PEM.finditer(text):
        yield base64.b64decode("".join(found[1].split()), validate=True)


def _in_xfcc(value: str) -> Iterator[bytes]:
    """The certificate and chain from the last element, which the nearest proxy added."""
    elements = _XFCC_ELEMENT.findall(value)
    pairs = {pair[1].lower(): pair[2].strip('"') for pair in _XFCC_PAIR.finditer(elements[-1])}
    yield from _in_pem(unquote(pairs.get("cert", "")))
    yield from _in_pem(unquote(pairs.get("chain", "")))
