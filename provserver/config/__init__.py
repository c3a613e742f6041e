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
        default=8, description="How many connections one process holds at most"
    )
    wait: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5.0, description="Seconds to wait for a connection, and for others that write"
    )
    statement_timeout: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0, description="Seconds after which PostgreSQL gives a statement up"
    )


class Tls(Section):
    """TLS in this process. Certificates and keys are paired by position."""

    cert: Paths = Field(default=(), description="Certificate files in PEM, each with those up to its root; with `key`")
    key: Paths = Field(default=(), description="Their keys, in the same order; absent: the listener speaks no TLS")

    @model_validator(mode="after")
    def _go_together(self) -> "Tls":
        if len(self.cert) != len(self.key):
            raise ValueError(f"cert names {len(self.cert)} files and key {len(self.key)}; each certificate has its key")
        return self


class PhonesTls(Tls):
    """TLS of the phone listener."""

    client_ca_dir: Path | None = Field(
        default=None,
        description="Folder with the CAs of vendors' factory certificates, `<vendor>.pem` or a folder `<vendor>` each",
    )
    session_tickets: bool = Field(
        default=True, description="Whether a phone that comes again may resume its session; never with `client_ca_dir`"
    )
    compatibility_port: PortNumber | None = Field(
        default=None, description="One more port, for old phones: TLS 1.0, 1.1 and weak ciphers; absent: none"
    )

    @model_validator(mode="after")
    def _old_phones_need_one_too(self) -> "PhonesTls":
        if self.compatibility_port is not None and not self.cert:
            raise ValueError("compatibility_port needs cert and key")
        return self


class Guessing(Section):
    """When an address is blocked for asking for too many MACs without authenticating."""

    limit: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=500, description="How many distinct MACs an address (of IPv6 a /64) may ask for within `window`"
    )
    window: Seconds = Field(default=3600, description="The sliding time for that, in seconds or like 1h")
    exempt: Networks = Field(default=(), description="Networks that are never counted, beside `phones.networks`")


class Phones(Section):
    """The listener for phones."""

    host: str = Field(default="0.0.0.0", description="Address to listen on")  # noqa: S104 - phones are anywhere
    port: PortNumber = Field(default=8080, description="Port to listen on; 0 takes a free one")
    public_url: PublicUrl = Field(
        default=None, description="What files point phones back to; absent: scheme and host of the phone's request"
    )
    auth: Proofs = Field(
        default=("certificate", "token", "digest", "basic", "window"),
        description=f"Accepted proofs, of: {', '.join(PROOFS)}; an account may have a list of its own",
    )
    basic_without_tls: bool = Field(
        default=False, description="Whether `basic` is asked for and believed without TLS, where everybody can read it"
    )
    digest_algorithms: Algorithms = Field(
        default=("SHA-256", "MD5"), description="What `digest` is offered with, in this order: SHA-256, MD5"
    )
    guessing: Guessing = Guessing()
    networks: Networks = Field(default=(), description="Networks that the proof `network` believes")
    window: Seconds = Field(
        default=86400, description="How long a device is armed after creation or `arm`, in seconds or like 24h"
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Proxies whose X-Forwarded-For, X-Forwarded-Proto and client certificate header are believed",
    )
    proxy_protocol: bool = Field(
        default=False, description="Whether connections of trusted proxies begin with the PROXY protocol (1 or 2)"
    )
    client_certificate_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = Field(
        default=None, description="The header in which trusted proxies pass on a phone's certificate; absent: none"
    )
    tls: PhonesTls = PhonesTls()
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=10_000, description="Connections of a process at one time; who comes then is let go at once"
    )
    max_waiting: Annotated[int, Field(ge=1)] = Field(
        default=2_000,
        description="Requests of a process that are looked into or stand in line at one time, whatever they are; who "
        "comes then gets a 503. How many are looked into follows from `patience`",
    )
    patience: Annotated[float, Field(gt=0, le=60)] = Field(
        default=2.0,
        description="Seconds that phones wait for a file. In a storm as many are let in as are answered well within, "
        "of one account three quarters where others' phones come too; who is left stands in line for a quarter of "
        "them, then gets a 503",
    )
    unknown_limit: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=10_000, description="How many unknown MACs are remembered; the longest silent one makes room"
    )
    cache_bytes: Annotated[int, Field(ge=0)] = Field(
        default=64 * 1024 * 1024, description="Memory of a process for rendered files, in bytes"
    )
    shared_bytes: Annotated[int, Field(ge=0)] = Field(
        default=256 * 1024 * 1024,
        description="Rendered files that workers share, encrypted in a temporary folder, in bytes; 0: each has its own",
    )
    survival: SecondsOrNone = Field(
        default=86400,
        description="How long phones are served from memory while the database is away, in seconds or like 24h; 0: not",
    )
    contact_limit: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        default=20_000, description="Contacts and events of a process that may wait to be written; what is more is shed"
    )
    record_bytes: Annotated[int, Field(ge=0)] = Field(
        default=32 * 1024 * 1024, description="Memory of a process for the records of devices, in bytes"
    )


class Api(Section):
    """The listener of the REST API."""

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: PortNumber = Field(default=8081, description="Port to listen on; 0 takes a free one")
    bootstrap_key: Annotated[str, Field(min_length=24)] | None = Field(
        default=None, repr=False, description="A platform key accepted from the first start on, at least 24 characters"
    )
    tls: Tls = Tls()
    max_connections: Annotated[int, Field(ge=1)] = Field(
        default=1_000, description="Connections of a process at one time; who comes then is let go at once"
    )


class Uploads(Section):
    """Files uploaded for phones, stored in the folder `files` of the data directory."""

    firmware_bytes: Annotated[int, Field(ge=1)] = Field(
        default=512 * 1024 * 1024, description="What one firmware may have, in bytes; other kinds have 10 MiB at most"
    )
    quota_bytes: Annotated[int, Field(ge=0)] = Field(
        default=4 * 1024 * 1024 * 1024,
        description="What all files of one account may take together, in bytes; the platform's own files count as one",
    )


class Events(Section):
    """The event history of devices."""

    keep: SecondsOrNone = Field(
        default=90 * 86400, description="How long events are kept, in seconds or like 90d; 0: for ever"
    )


class Catalog(Section):
    """Folders with custom vendor files and templates, which take precedence over the shipped ones."""

    vendors: Paths = Field(default=(), description="Folders with own vendor files")
    templates: Paths = Field(default=(), description="Folders with own templates, as <vendor>/<template>")


class Kamailio(Section):
    """Kamailio's JSON-RPC, for the back end `kamailio`."""

    url: str = Field(
        default="http://127.0.0.1:5060/RPC", pattern=r"^https?://", description="Where Kamailio answers JSON-RPC"
    )
    username: str | None = Field(default=None, description="For HTTP basic authentication, where a proxy wants it")
    password: str | None = Field(default=None, repr=False, description="Its password")


class Asterisk(Section):
    """Asterisk's manager interface (AMI), for the back end `asterisk`."""

    host: str = Field(default="127.0.0.1", description="Where AMI listens")
    port: PortNumber = Field(default=5038, description="Its port; 5039 is usual with TLS")
    username: str = Field(default="provserver", description="Manager account, with write=system and read=system")
    password: str = Field(default="", repr=False, description="Its secret")
    tls: bool = Field(default=False, description="Speak TLS, with `checksync.verify` and `checksync.ca`")


class Freeswitch(Section):
    """FreeSWITCH's event socket, for the back end `freeswitch`."""

    host: str = Field(default="127.0.0.1", description="Where the event socket listens")
    port: PortNumber = Field(default=8021, description="Its port")
    password: str = Field(default="ClueCon", repr=False, description="Its password")
    profile: str = Field(default="internal", description="Sofia profile that the phones register with")


class CheckSync(Section):
    """Check-sync: telling phones by SIP NOTIFY to fetch their configuration."""

    backend: Literal["sip", "kamailio", "asterisk", "freeswitch"] = Field(
        default="sip", description="Who sends the NOTIFY: this server by `sip`, or one of the SIP servers it can ask"
    )
    proxy: SipUri = Field(
        default=None,
        description="Where `sip` sends to, `sip:host:port;transport=tcp`; absent: the device's own outbound proxy, "
        "server or domain",
    )
    username: str | None = Field(default=None, description="What answers the proxy's challenge (407)")
    password: str | None = Field(default=None, repr=False, description="Its password")
    timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        default=8.0, description="Seconds within which a check-sync answers; longer than the proxy's own timer"
    )
    verify: bool = Field(default=True, description="Whether certificates of SIP servers are verified")
    ca: Path | None = Field(default=None, description="File with the root certificates for that; absent: the system's")
    kamailio: Kamailio = Kamailio()
    asterisk: Asterisk = Asterisk()
    freeswitch: Freeswitch = Freeswitch()


class Log(Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least severe level")
    format: Literal["text", "json"] = Field(default="text", description="For people or for machines")


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
