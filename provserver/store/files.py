"""Database rows of uploaded files. The files themselves are in `store.filefolder`."""

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from provserver.domain.uploads import FileKind, StoredFile
from provserver.store.conflicts import conflicts_named
from provserver.store.pages import Page, PageRequest, Window, fetch_page
from provserver.store.schema import files


async def insert_file(conn: AsyncConnection, file: StoredFile) -> None:
    """Store the row of a new file."""
    with conflicts_named():
        await conn.execute(insert(files).values({column.name: getattr(file, column.name) for column in files.c}))


async def get_file(conn: AsyncConnection, account_id: str | None, file_id: str) -> StoredFile | None:
    """The file of this account (None: of the platform), or None."""
    statement = select(files).where(files.c.id == file_id, _of(account_id))
    row = (await conn.execute(statement)).mappings().first()
    return _file_of(row) if row else None


async def list_files(
    conn: AsyncConnection, account_id: str | None, request: PageRequest, kind: FileKind | None
) -> Page[StoredFile]:
    """A page of the files of an account (None: of the platform), newest first."""
    statement = select(files).where(_of(account_id))
    if kind is not None:
        statement = statement.where(files.c.kind == kind)
    return await fetch_page(conn, statement, Window.of(request, files.c.id), _file_of)


async def bytes_of(conn: AsyncConnection, account_id: str | None) -> int:
    """Total size in bytes of the files of an account (None: of the platform)."""
    total = select(func.coalesce(func.sum(files.c.size), 0))
    return int((await conn.execute(total.where(_of(account_id)))).scalar_one())


async def names_of(conn: AsyncConnection, account_id: str) -> list[str]:
    """The names of all files of an account."""
    return list((await conn.execute(select(files.c.file_name).where(files.c.account_id == account_id))).scalars())


async def all_names(conn: AsyncConnection) -> set[str]:
    """The names of all files."""
    return set((await conn.execute(select(files.c.file_name))).scalars())


async def delete_file(conn: AsyncConnection, file_id: str) -> None:
    """Delete the row of a file."""
    await conn.execute(delete(files).where(files.c.id == file_id))


def _of(account_id: str | None) -> ColumnElement[bool]:
    # IS NOT DISTINCT FROM would not use an index on PostgreSQL.
    return files.c.account_id.is_(None) if account_id is None else files.c.account_id == account_id


def _file_of(row: RowMapping) -> StoredFile:
    values = {column.name: row[column] for column in files.c}
    return StoredFile(**{**values, "kind": FileKind(values["kind"])})
