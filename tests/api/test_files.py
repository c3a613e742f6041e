"""Files for phones: uploaded through the API, fetched from the phone listener, never anything that runs."""

import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from provserver.api.face import ApiFace
from provserver.services.devices import uploads
from tests.api.client import Client, Reply, TwoTenants
from tests.api.everything import PICTURE

FIRMWARE = bytes(range(1, 251)) * 1000
Phones = TestClient[Any, Any]


async def _upload(client: Client, query: str, content: bytes, **headers: str) -> Reply:
    sent = {
        "Content-Type": "application/octet-stream",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    return await client.send("POST", f"/v1/files?{query}", content, headers=sent)


async def _firmware(client: Client) -> dict[str, Any]:
    reply = await _upload(client, "kind=firmware&name=snomD785-10.1.bin", FIRMWARE)
    assert reply.status == 201, reply.text
    made: dict[str, Any] = reply.json
    return made


def _path(file: dict[str, Any]) -> str:
    return str(file["url"].removeprefix("http://phones.example.net"))


def _on_disk(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "files").glob("*"))


async def test_a_firmware_from_upload_to_the_phone(api: Client, phones: Phones, tmp_path: Path) -> None:
    """Uploaded, named in a setting, fetched whole and in parts, deleted."""
    file = await _firmware(api)
    assert (file["kind"], file["label"], file["size"]) == ("firmware", "snomD785-10.1.bin", len(FIRMWARE))
    assert file["sha256"] == sha256(FIRMWARE).hexdigest()
    assert file["account_id"] == api.account
    await api.post("/v1/account/config", {"abstractions": {"firmware": {"url": file["url"], "policy": "automatic"}}})
    async with phones.get(_path(file)) as answer:
        assert (answer.status, await answer.read()) == (200, FIRMWARE)
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Server"] == "provserver"
        tag = answer.headers["ETag"]
    async with phones.get(_path(file), headers={"Range": "bytes=100-199"}) as answer:
        assert (answer.status, await answer.read()) == (206, FIRMWARE[100:200])
        assert answer.headers["Content-Range"] == f"bytes 100-199/{len(FIRMWARE)}"
    async with phones.get(_path(file), headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with phones.head(_path(file)) as answer:
        assert (answer.status, answer.content_length) == (200, len(FIRMWARE))
    await api.delete(f"/v1/files/{file['id']}")
    async with phones.get(_path(file)) as answer:
        assert answer.status == 404
    assert _on_disk(tmp_path) == []
    await api.get(f"/v1/files/{file['id']}", expect=404)


async def test_a_name_that_is_not_there_is_the_404_of_everything_else(api: Client, phones: Phones) -> None:
    """Neither which files there are nor where they lie can be learnt by asking."""
    file = await _firmware(api)
    asked = [
        "/files/" + "a" * 32 + ".bin",
        "/files/" + _path(file)[7:].upper(),
        _path(file) + "/",
        "/files/../secret.key",
        "/files/%2e%2e/secret.key",
        "/files/..%2fsecret.key",
        "/files/",
        "/files",
        "/nothing.cfg",
    ]
    answers = set()
    for path in asked:
        async with phones.get(path) as answer:
            kept = {name: value for name, value in answer.headers.items() if name != "Date"}
            answers.add((answer.status, await answer.text(), str(kept)))
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    async with phones.post(_path(file)) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    ("query", "content", "status", "code"),
    [
        ("kind=wallpaper", b"<svg/>", 400, "wrong_file_type"),
        ("kind=firmware", b"<html>" + FIRMWARE, 400, "wrong_file_type"),
        ("kind=firmware&name=a.html", FIRMWARE, 400, "wrong_file_type"),
        ("kind=firmware&name=..%2Fa.bin", FIRMWARE, 400, "validation_error"),
        ("kind=firmware", b"", 400, "validation_error"),
        ("kind=program", FIRMWARE, 400, "validation_error"),
        ("", FIRMWARE, 400, "validation_error"),
        ("kind=firmware&path=/etc", FIRMWARE, 400, "validation_error"),
        ("kind=firmware", bytes(1_000_001), 413, "body_too_large"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    api: Client, tmp_path: Path, query: str, content: bytes, status: int, code: str
) -> None:
    reply = await _upload(api, query, content)
    assert (reply.status, reply.json["code"]) == (status, code)
    assert _on_disk(tmp_path) == []
    assert (await api.get("/v1/files"))["data"] == []


async def test_a_body_that_is_not_said_to_be_a_file_is_415(api: Client) -> None:
    reply = await _upload(api, "kind=firmware", FIRMWARE, Content_Type="application/x-www-form-urlencoded")
    assert reply.status == 415
    assert "application/octet-stream" in reply.json["error"]


async def test_a_body_without_a_length_is_bounded_too(api: Client, tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65536)

    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/octet-stream"}
    async with api.session.post(f"{api.base}/v1/files?kind=firmware", data=endless(), headers=headers) as answer:
        assert answer.status == 413
    assert _on_disk(tmp_path) == []


@contextmanager
def _disk_with(room: int) -> Iterator[None]:
    """The system refuses to write files longer than `room`, as a disk does that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_told_and_nothing_is_left_half_written(api: Client, tmp_path: Path) -> None:
    picture = PICTURE + bytes(990_000)
    with _disk_with(900_000):
        reply = await _upload(api, "kind=wallpaper", picture)
    assert (reply.status, reply.json["code"]) == (507, "insufficient_storage")
    assert "make room" in reply.json["error"]
    assert _on_disk(tmp_path) == []
    assert (await api.get("/v1/files"))["data"] == []
    assert (await _upload(api, "kind=wallpaper", picture)).status == 201, "once there is room again"


async def test_an_account_cannot_fill_the_disk(tenants: TwoTenants) -> None:
    """The quota is each account's own."""
    for _ in range(3):
        assert (await _upload(tenants.first, "kind=firmware", bytes(900_000))).status == 201
    reply = await _upload(tenants.first, "kind=firmware", bytes(900_000))
    assert (reply.status, reply.json["code"]) == (507, "file_quota_exceeded")
    assert (await _upload(tenants.second, "kind=firmware", bytes(900_000))).status == 201


async def test_files_of_the_platform_and_of_accounts_are_apart(platform: Client, api: Client) -> None:
    ours, theirs = await _firmware(platform), await _firmware(api)
    assert ours["account_id"] is None
    assert [file["id"] for file in (await platform.get("/v1/files"))["data"]] == [ours["id"]]
    assert [file["id"] for file in (await api.get("/v1/files?kind=firmware"))["data"]] == [theirs["id"]]
    assert (await api.get("/v1/files?kind=logo"))["data"] == []
    await api.delete(f"/v1/files/{ours['id']}", expect=404)
    await platform.delete(f"/v1/files/{theirs['id']}", expect=404)


async def test_a_repeated_upload_is_one_file(api: Client, tmp_path: Path) -> None:
    """A program whose connection broke may send it again."""
    first, again = [await _upload(api, "kind=logo", PICTURE, Idempotency_Key="k1") for _ in range(2)]
    assert (again.status, again.json) == (201, first.json)
    assert len(_on_disk(tmp_path)) == 1
    other = await _upload(api, "kind=wallpaper", PICTURE, Idempotency_Key="k1")
    assert other.json["code"] == "idempotency_conflict"


async def test_files_go_with_their_account(platform: Client, api: Client, phones: Phones, tmp_path: Path) -> None:
    file = await _firmware(api)
    await platform.delete(f"/v1/accounts/{api.account}")
    assert _on_disk(tmp_path) == []
    async with phones.get(_path(file)) as answer:
        assert answer.status == 404


async def test_what_a_killed_process_left_is_swept_after_a_day(
    api: Client, face: ApiFace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Path(_path(await _firmware(api))).name
    folder = tmp_path / "files"
    for name in (".upload-half", "b" * 32 + ".bin", "notes of the operator"):
        (folder / name).write_bytes(b"x")
    assert await uploads.sweep(face.database, face.files) == 0
    monkeypatch.setattr("provserver.store.filefolder._ABANDONED_SECONDS", -1)
    assert await uploads.sweep(face.database, face.files) == 2
    assert _on_disk(tmp_path) == sorted([kept, "notes of the operator"])
