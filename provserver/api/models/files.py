"""Uploaded files."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from provserver.api.models.shared import Body, PageQuery, Query, Shown, Word
from provserver.domain.uploads import FileKind, StoredFile


def _bare(name: str) -> str:
    if re.search(r"[/\\]", name):
        raise ValueError("is the name of a file, without a path")
    return name


class UploadQuery(Query):
    """The parameters of an upload."""

    kind: FileKind = Field(description="What it is for; checked by its first bytes")
    name: Annotated[Word, AfterValidator(_bare)] | None = Field(
        default=None, description="Original name; firmware keeps its extension, because phones check it"
    )
    label: Word | None = Field(default=None, description="For people; absent: the name")


class Uploaded(Body):
    """An upload, as compared with its repeat under the same Idempotency-Key."""

    sha256: str
    kind: FileKind
    name: str | None
    label: str | None


class FileQuery(PageQuery):
    """Filter for files."""

    kind: FileKind | None = Field(default=None, description="Only of this kind")


class UploadedFile(Shown):
    """A file that phones can fetch."""

    id: str
    account_id: str | None = Field(description="null: the platform's")
    kind: FileKind
    label: str | None
    url: str = Field(description="URL for phones, for settings such as `firmware.url`")
    content_type: str
    size: int = Field(description="In bytes")
    sha256: str
    created_at: datetime


def shown_file(file: StoredFile, public_url: str) -> UploadedFile:
    """A file for the API."""
    return UploadedFile.of(file, url=f"{public_url.rstrip('/')}/files/{file.file_name}")
