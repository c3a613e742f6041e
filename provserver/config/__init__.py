"""The configuration: all sections and keys with their meaning and defaults. Immutable once loaded."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from provserver.config.checksync import CheckSync
from provserver.config.listeners import Api, Phones, Tls
from provserver.config.section import Section
from provserver.config.values import DatabaseUrl, Paths, SecondsOrNone

__all__ = ["Api", "CheckSync", "Config", "Log", "Phones", "Tls", "Uploads"]


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
