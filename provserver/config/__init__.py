"""The configuration: all sections and keys with their meaning and defaults. Immutable once loaded."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provserver.config.values import (
    Algorithms,
    DatabaseUrl,
    Networks,
    Paths,
    PortNumber,
    Proofs,
    PublicUrl,
    Seconds,
    SecondsOrNone,
    SipUri,
)
from provserver.domain.proofs import PROOFS


class Section(BaseModel):
    """A section. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _absent_where_commented_out(cls, data: Any) -> Any:
        """Treat a section with nothing but comments, which YAML reads as null, as its defaults."""
        if not isinstance(data, dict):
            return data
        subsections = {name for name, field in cls.model_fields.items() if isinstance(field.default, Section)}
        return {name: value for name, value in data.items() if value is not None or name not in subsections}


class Database(Section):
    """The database."""

    url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="SQLAlchemy URL, `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`; absent: provserver.db in the "
        "data directory",
    )
    connections: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=8, description="Maximum number of connections per process"
    )
    wait: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5.0, description="Seconds to wait for a free connection, and for other writers"
    )
    statement_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0, description="Statement timeout of PostgreSQL in seconds"
    )


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
        default=32 * 1024 * 1024, description="Memory per process for cached device records, in bytes"
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


class Uploads(Section):
    """Files uploaded for phones, stored in the folder `files` of the data directory."""

    firmware_bytes: Annotated[int, Field(ge=1)] = Field(
        default=512 * 1024 * 1024,
        description="Maximum size of a firmware file in bytes; other kinds are limited to 10 MiB",
    )
    quota_bytes: Annotated[int, Field(ge=0)] = Field(
        default=4 * 1024 * 1024 * 1024,
        description="Maximum total size of an account's files in bytes; the platform's own files have the same limit",
    )


class Events(Section):
    """The event history of devices."""

    keep: SecondsOrNone = Field(
        default=90 * 86400, description="How long events are kept, in seconds or like 90d; 0: forever"
    )


class Catalog(Section):
    """Folders with custom vendor files and templates, which take precedence over the shipped ones."""

    vendors: Paths = Field(default=(), description="Folders with custom vendor files")
    templates: Paths = Field(default=(), description="Folders with custom templates, as <vendor>/<template>")


class Kamailio(Section):
    """Kamailio's JSON-RPC, for the back end `kamailio`."""

    url: str = Field(
        default="http://127.0.0.1:5060/RPC", pattern=r"^https?://", description="URL of Kamailio's JSON-RPC"
    )
    username: str | None = Field(default=None, description="User name for HTTP basic authentication, if required")
    password: str | None = Field(default=None, repr=False, description="Its password")


class Asterisk(Section):
    """Asterisk's manager interface (AMI), for the back end `asterisk`."""

    host: str = Field(default="127.0.0.1", description="Host of AMI")
    port: PortNumber = Field(default=5038, description="Port of AMI; usually 5039 with TLS")
    username: str = Field(default="provserver", description="Manager account, with read=system and write=system")
    password: str = Field(default="", repr=False, description="Secret of the account")
    tls: bool = Field(default=False, description="Use TLS, with `checksync.verify` and `checksync.ca`")


class Freeswitch(Section):
    """FreeSWITCH's event socket, for the back end `freeswitch`."""

    host: str = Field(default="127.0.0.1", description="Host of the event socket")
    port: PortNumber = Field(default=8021, description="Its port")
    password: str = Field(default="ClueCon", repr=False, description="Its password")
    profile: str = Field(default="internal", description="Sofia profile that the phones register with")


class CheckSync(Section):
    """Check-sync: telling phones by SIP NOTIFY to fetch their configuration."""

    backend: Literal["sip", "kamailio", "asterisk", "freeswitch"] = Field(
        default="sip", description="What sends the NOTIFY: this server (`sip`), or a SIP server that it controls"
    )
    proxy: SipUri = Field(
        default=None,
        description="Next hop for `sip`, as `sip:host:port;transport=tcp`; absent: the device's own outbound proxy, "
        "server or domain",
    )
    username: str | None = Field(default=None, description="User name for the proxy's challenge (407)")
    password: str | None = Field(default=None, repr=False, description="Its password")
    timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        default=8.0, description="Timeout of a check-sync in seconds; must be longer than the proxy's own timer"
    )
    verify: bool = Field(default=True, description="Whether certificates of SIP servers are verified")
    ca: Path | None = Field(default=None, description="File with trusted root certificates; absent: the system's")
    kamailio: Kamailio = Kamailio()
    asterisk: Asterisk = Asterisk()
    freeswitch: Freeswitch = Freeswitch()


class Log(Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Minimum level")
    format: Literal["text", "json"] = Field(default="text", description="`text` for people, `json` for machines")


class Config(Section):
    """The complete configuration."""

    data_dir: Path = Field(default=Path("data"), description="Embedded database, secret key, uploaded files")
    database: Database = Database()
    phones: Phones = Phones()
    api: Api = Api()
    checksync: CheckSync = CheckSync()
    uploads: Uploads = Uploads()
    events: Events = Events()
    catalog: Catalog = Catalog()
    log: Log = Log()

    @property
    def database_url(self) -> str:
        """The database URL; the embedded database if none is set."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir / 'provserver.db'}"

    @property
    def files_folder(self) -> Path:
        """The folder of uploaded files."""
        return self.data_dir / "files"

    @property
    def key_file(self) -> Path:
        """The file with the keys for secrets in the database."""
        return self.data_dir / "secret.key"
