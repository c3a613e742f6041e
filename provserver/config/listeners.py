"""The sections of both listeners: `phones` and `api`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from provserver.config.section import Section
from provserver.config.values import (
    Algorithms,
    Networks,
    Paths,
    PortNumber,
    Proofs,
    PublicUrl,
    Seconds,
    SecondsOrNone,
)
from provserver.domain.proofs import PROOFS


class Tls(Section):
    """TLS in this process. Certificates and keys are paired by position."""

    cert: Paths = Field(default=(), description="Certificate files in PEM, with intermediate certificates; with `key`")
    key: Paths = Field(default=(), description="Private keys of `cert`, in the same order; absent: no TLS")

    @model_validator(mode="after")
    def _go_together(self) -> "Tls":
        if len(self.cert) != len(self.key):
            raise ValueError(f"cert names {len(self.cert)} files and key {len(self.key)}; each certificate has its key")
        return self


class PhonesTls(Tls):
    """TLS of the phone listener."""

    client_ca_dir: Path | None = Field(
        default=None,
        description="Folder with the CAs of vendors' factory certificates: `<vendor>.pem`, or a folder `<vendor>`",
    )
    session_tickets: bool = Field(
        default=True, description="Whether phones may resume TLS sessions; never with `client_ca_dir`"
    )
    compatibility_port: PortNumber | None = Field(
        default=None, description="Additional port for old phones: TLS 1.0, 1.1 and weak ciphers; absent: none"
    )

    @model_validator(mode="after")
    def _old_phones_need_one_too(self) -> "PhonesTls":
        if self.compatibility_port is not None and not self.cert:
            raise ValueError("compatibility_port needs cert and key")
        return self


class Guessing(Section):
    """When an address is blocked for asking for too many MACs without authenticating."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="How many distinct MACs an address (for IPv6, a /64) may ask for within `window`"
    )
    window: Seconds = Field(default=3600, description="Length of the sliding window, in seconds or like 1h")
    exempt: Networks = Field(default=(), description="Networks never counted, in addition to `phones.networks`")


class Phones(Section):
    """The listener for phones."""

    host: str = Field(default="0.0.0.0", description="Address to listen on")  # noqa: S104 - phones are anywhere
    port: PortNumber = Field(default=8080, description="Port to listen on; 0 takes a free one")
    public_url: PublicUrl = Field(
        default=None, description="Base URL that files point phones to; absent: scheme and host of the phone's request"
    )
    auth: Proofs = Field(
        default=("certificate", "token", "digest", "basic", "window"),
        description=f"Accepted proofs, of: {', '.join(PROOFS)}; an account may have a list of its own",
    )
    basic_without_tls: bool = Field(
        default=False, description="Whether `basic` is offered and accepted without TLS, where others can read it"
    )
    digest_algorithms: Algorithms = Field(
        default=("SHA-256", "MD5"), description="Algorithms offered for `digest`, in order of preference: SHA-256, MD5"
    )
    guessing: Guessing = Guessing()
    networks: Networks = Field(default=(), description="Networks accepted by the proof `network`")
    window: Seconds = Field(
        default=86400, description="Length of the provisioning window after creation or `arm`, in seconds or like 24h"
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Proxies whose X-Forwarded-For, X-Forwarded-Proto and client certificate headers are trusted",
    )
    proxy_protocol: bool = Field(
        default=False,
        description="Whether connections of trusted proxies start with a PROXY protocol header (version 1 or 2)",
    )
    client_certificate_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = Field(
        default=None, description="Header in which trusted proxies pass on a phone's certificate; absent: none"
    )
    tls: PhonesTls = PhonesTls()
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=10_000, description="Maximum number of connections per process; further ones are closed at once"
    )
    max_waiting: Annotated[int, Field(ge=1)] = Field(
        default=2_000, description="Maximum number of requests in progress or queued per process; others get a 503"
    )
    patience: Annotated[float, Field(gt=0, le=60)] = Field(
        default=2.0,
        description="Seconds that phones wait for a file. Under overload only as many requests are processed as can be "
        "answered in time; the others are queued for a quarter of it, then get a 503",
    )
    unknown_limit: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=10_000, description="Maximum number of unknown MACs listed; the one not seen for longest is dropped"
    )
    cache_bytes: Annotated[int, Field(ge=0)] = Field(
        default=64 * 1024 * 1024, description="Memory per process for cached rendered files, in bytes"
    )
    shared_bytes: Annotated[int, Field(ge=0)] = Field(
        default=256 * 1024 * 1024,
        description="Cache of rendered files shared by workers, encrypted in a temporary folder, in bytes; 0: none",
    )
    survival: SecondsOrNone = Field(
        default=86400,
        description="How long phones are served from the cache while the database is down, in seconds or like 24h",
    )
    contact_limit: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=20_000, description="Maximum number of unwritten contacts and events per process; further ones are shed"
    )
    record_bytes: Annotated[int, Field(ge=0)] = Field(
        default=24 * 1024 * 1024, description="Memory per process for cached device records, in bytes"
    )
    request_bytes: Annotated[int, Field(ge=0)] = Field(
        default=16 * 1024 * 1024,
        description="Memory per process for cached answers to requests that phones are likely to repeat, in bytes",
    )


class Api(Section):
    """The listener of the REST API."""

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: PortNumber = Field(default=8081, description="Port to listen on; 0 takes a free one")
    bootstrap_key: Annotated[str, Field(min_length=24)] | None = Field(
        default=None, repr=False, description="A platform key that is always accepted, at least 24 characters"
    )
    tls: Tls = Tls()
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=1_000, description="Maximum number of connections per process; further ones are closed at once"
    )
