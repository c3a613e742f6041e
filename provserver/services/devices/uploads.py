"""Files uploaded for phones. A row exists only while its file is complete on disk."""

from dataclasses import dataclass

from provserver.domain.errors import Invalid, NotFound, StorageFull
from provserver.domain.uploads import FileKind, StoredFile, content_type_of, ending_of
from provserver.services import audit
from provserver.services.change import Change, Connection
from provserver.services.paging import Page, PageRequest
from provserver.store import files
from provserver.store.database import Database
from provserver.store.filefolder import Arrived, FileFolder

__all__ = ["Arrived", "FileFolder", "Wish", "create", "delete", "get", "list_files", "names_of", "sweep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is uploaded. `original`: the file's name. `account_id` None: for the platform."""

    kind: FileKind
    account_id: str | None
    label: str | None
    original: str | None


async def create(change: Change, folder: FileFolder, arrived: Arrived, wish: Wish, quota: int) -> StoredFile:
    """Keep a received file. Raises `Invalid` if it is not of its kind, or `StorageFull` beyond the quota."""
    if not arrived.size:
        raise Invalid("the body is empty; send the file as it is", details={"body": "is empty"})
    ending = ending_of(wish.kind, arrived.head, wish.original)
    if await files.bytes_of(change.conn, wish.account_id) + arrived.size > quota:
        raise StorageFull(f"all files together may take {quota} bytes; delete some", code="file_quota_exceeded")
    file = StoredFile(
        id=change.sources.new_id("file"),
        account_id=wish.account_id,
        kind=wish.kind,
        label=wish.label or wish.original,
        file_name=f"{change.sources.token()}.{ending}",
        content_type=content_type_of(ending),
        size=arrived.size,
        sha256=arrived.sha256,
        created_at=change.at,
    )
    await files.insert_file(change.conn, file)
    await audit.record(change, "file.created", file.id, account_id=wish.account_id, after=audit.snapshot(file))
    await folder.keep(arrived, file.file_name)
    return file


async def get(conn: Connection, account_id: str | None, file_id: str) -> StoredFile:
    """The file. Raises `NotFound`."""
    file = await files.get_file(conn, account_id, file_id)
    if file is None:
        raise NotFound("there is no such file")
    return file


async def list_files(
    conn: Connection, account_id: str | None, request: PageRequest, kind: FileKind | None
) -> Page[StoredFile]:
    """A page of the files of an account, or of the platform (None); newest first."""
    return await files.list_files(conn, account_id, request, kind)


async def names_of(conn: Connection, account_id: str) -> list[str]:
    """The names of all files of an account, to be deleted with it."""
    return await files.names_of(conn, account_id)


async def sweep(database: Database, folder: FileFolder) -> int:
    """Delete what killed processes left in the folder; returns the number."""
    async with database.read() as conn:
        known = await files.all_names(conn)
    return await folder.sweep(known)


async def delete(change: Change, account_id: str | None, file_id: str) -> StoredFile:
    """Delete a file's row and return it. Raises `NotFound`. The caller deletes the file after the commit."""
    file = await get(change.conn, account_id, file_id)
    await files.delete_file(change.conn, file_id)
    await audit.record(change, "file.deleted", file_id, account_id=account_id, before=audit.snapshot(file))
    return file
