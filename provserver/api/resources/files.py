"""Files that phones fetch: firmware, pictures, ringtones, phonebooks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from aiohttp import web

from provserver.api.call import Answer, Call
from provserver.api.errors import TooLarge, WrongContentType
from provserver.api.listing import listing, page_request
from provserver.api.models.files import FileQuery, Uploaded, UploadQuery, shown_file
from provserver.api.route import UPLOAD
from provserver.domain.errors import Invalid
from provserver.domain.uploads import MAX_SMALL, FileKind
from provserver.services.devices import uploads

_CHUNK = 256 * 1024


async def create(call: Call[UploadQuery, Any]) -> Answer:
    """Upload a file; the body is the file itself.

    It belongs to the account in the header, or with a platform key alone to the whole platform.
    """
    limits, query = call.face.uploads, call.query
    request = call.request
    if request.content_type != UPLOAD:
        raise WrongContentType(f"send the file itself as the body, with Content-Type: {UPLOAD}")
    most = limits.firmware_bytes if query.kind is FileKind.FIRMWARE else min(MAX_SMALL, limits.firmware_bytes)
    if request.content_length and request.content_length > most:
        raise _too_large(query.kind, most)
    wish = uploads.Wish(kind=query.kind, account_id=_owner(call), label=query.label, original=query.name)
    async with call.face.files.receive(_chunks(request, query.kind, most)) as arrived:
        said = replace(call, body=Uploaded(sha256=arrived.sha256, **query.model_dump()))
        async with said.write() as change:
            file = await uploads.create(change, call.face.files, arrived, wish, limits.quota_bytes)
            return await said.created(change, shown_file(file, call.face.configurations.public_url))


async def list_all(call: Call[FileQuery, None]) -> Answer:
    """The files of the account, or with a platform key alone of the platform; newest first."""
    async with call.read() as conn:
        page = await uploads.list_files(conn, _owner(call), page_request(call.query), call.query.kind)
    return listing(call.request, page, lambda file: shown_file(file, call.face.configurations.public_url))


async def get(call: Call[None, None]) -> Answer:
    """One file, with the URL under which phones fetch it."""
    async with call.read() as conn:
        file = await uploads.get(conn, _owner(call), call.path["id"])
    return Answer(200, shown_file(file, call.face.configurations.public_url))


async def delete(call: Call[None, None]) -> Answer:
    """Delete a file; settings that refer to its URL are not changed."""
    async with call.write() as change:
        file = await uploads.delete(change, _owner(call), call.path["id"])
    await call.face.files.remove([file.file_name])
    return Answer(204)


def _owner(call: Call[FileQuery, None] | Call[UploadQuery, Any] | Call[None, None]) -> str | None:
    return call.caller.account.id if call.caller.account else None


async def _chunks(request: web.Request, kind: FileKind, most: int) -> AsyncIterator[bytes]:
    size = 0
    try:
        async for chunk in request.content.iter_chunked(_CHUNK):
            size += len(chunk)
            if size > most:
                raise _too_large(kind, most)
            yield chunk
    except (web.RequestPayloadError, ConnectionError) as error:
        raise Invalid(f"the body cannot be read: {error}", code="malformed_body") from None


def _too_large(kind: FileKind, most: int) -> TooLarge:
    return TooLarge(f"a {kind} may have {most} bytes at most")
