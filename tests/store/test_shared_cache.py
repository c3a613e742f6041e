"""What workers share of the files of phones: found by all of them, readable by nobody else, and never too much."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provserver.store.shared_cache import SharedCache, SharedCacheFolder

_LIMIT = 80_000


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - a thread brings it about
            await asyncio.sleep(0.01)


@pytest.fixture
def place(tmp_path: Path) -> SharedCacheFolder:
    return SharedCacheFolder.new(tmp_path)


@pytest.fixture
def shared_cache(place: SharedCacheFolder) -> SharedCache:
    return SharedCache(place, _LIMIT)


def test_what_one_process_has_put_there_another_gets(place: SharedCacheFolder, shared_cache: SharedCache) -> None:
    shared_cache.put(("dev_1", "rule", None), b"secret = 1")
    other = SharedCache(place, _LIMIT)
    assert ("dev_1", "rule", None) in other
    assert other.get(("dev_1", "rule", None)) == b"secret = 1"
    assert ("dev_2", "rule", None) not in other
    assert other.get(("dev_2", "rule", None)) is None


async def test_what_is_put_from_the_event_loop_is_there_soon(
    place: SharedCacheFolder, shared_cache: SharedCache
) -> None:
    """A phone that reconnects reaches another worker."""
    for name in ("one", "two"):
        shared_cache.put_soon(name, name.encode())
    await _until(lambda: "two" in shared_cache)
    assert [SharedCache(place, _LIMIT).get(name) for name in ("one", "two")] == [b"one", b"two"]
    shared_cache.put_soon("three", b"three")
    await _until(lambda: "three" in shared_cache)


async def test_a_server_that_stops_just_then_ends_without_an_error(shared_cache: SharedCache) -> None:
    loop, failures = asyncio.get_running_loop(), list[dict[str, Any]]()
    loop.set_exception_handler(lambda _, failure: failures.append(failure))
    await loop.shutdown_default_executor()
    shared_cache.put_soon("one", b"1")
    await asyncio.sleep(0.1)
    assert failures == []


def test_nothing_can_be_read_or_guessed_without_the_key(shared_cache: SharedCache, tmp_path: Path) -> None:
    """The folder is a temporary one: passwords of SIP accounts must not lie about there, nor names of devices."""
    shared_cache.put("dev_1", b"secret = 1")
    (file,) = tmp_path.iterdir()
    assert b"secret" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert "dev_1" not in SharedCache(SharedCacheFolder.new(tmp_path), _LIMIT)


@pytest.mark.parametrize("change", [lambda held: held[:-1], lambda held: b"", lambda held: held[:-1] + b"?"])
def test_what_is_broken_is_not_there(
    shared_cache: SharedCache, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    shared_cache.put("dev_1", b"secret = 1")
    (file,) = tmp_path.iterdir()
    file.write_bytes(change(file.read_bytes()))
    assert shared_cache.get("dev_1") is None


def test_a_content_under_the_name_of_another_is_not_taken(shared_cache: SharedCache, tmp_path: Path) -> None:
    """Whoever can write there must not be able to give a phone the file of another."""
    shared_cache.put("dev_1", b"secret = 1")
    (first,) = tmp_path.iterdir()
    shared_cache.put("dev_2", b"secret = 2")
    (second,) = set(tmp_path.iterdir()) - {first}
    first.write_bytes(second.read_bytes())
    assert shared_cache.get("dev_1") is None


def test_the_oldest_make_room(shared_cache: SharedCache, tmp_path: Path) -> None:
    for number in range(200):
        shared_cache.put(number, bytes(1_000))
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert _LIMIT / 2 < size < _LIMIT * 1.25
    assert 199 in shared_cache
    assert 0 not in shared_cache


def test_room_is_made_though_files_leave_meanwhile(shared_cache: SharedCache, tmp_path: Path) -> None:
    """Two workers tidy up at once: what one has listed the other has removed. A link to nothing is like that."""
    (tmp_path / "leaving").symlink_to(tmp_path / "gone")
    for number in range(200):
        shared_cache.put(number, bytes(1_000))
    assert 199 in shared_cache
    assert 0 not in shared_cache


def test_without_its_folder_it_is_empty(place: SharedCacheFolder, tmp_path: Path) -> None:
    """A full disk, or a cleaner of temporary files, must cost no phone its file."""
    shared_cache = SharedCache(SharedCacheFolder(tmp_path / "gone", place.key), _LIMIT)
    shared_cache.put("dev_1", b"secret = 1")
    assert "dev_1" not in shared_cache
    assert shared_cache.get("dev_1") is None
