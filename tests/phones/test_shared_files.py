"""Files that are made once: for several names, and for workers, of whom a phone finds any after a power cut."""

import asyncio
from dataclasses import replace
from pathlib import Path

from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import Renderer
from provserver.services.fetching.document_cache import DocumentCache
from provserver.services.fetching.document_source import DocumentSource
from provserver.store.shared_cache import SharedCache, SharedCacheFolder
from tests.phones.conftest import SNOM_AGENT, MakeOffice, Office

MAC = "000413aabbcc"
FILE = f"snomD785-{MAC.upper()}.htm"
AGENT = SNOM_AGENT.format(mac=MAC.upper())


def _become(office: Office, document_source: DocumentSource) -> None:
    object.__setattr__(office.provisioning, "document_source", document_source)


async def test_a_file_of_another_worker_is_served_as_long_as_it_is_right(
    make_office: MakeOffice, tmp_path: Path
) -> None:
    """The other one is a worker that cannot make files at all, so that what it serves was made elsewhere."""
    office = await make_office()
    folder = tmp_path / "shared"
    folder.mkdir()
    shared_cache = SharedCache(SharedCacheFolder.new(folder), 1_000_000)
    device, _ = await office.phone(MAC, "snom")
    path = f"/p/{device.token}/{FILE}"
    _become(office, replace(office.provisioning.document_source, shared_cache=shared_cache))
    made = await office.get(path, AGENT)
    async with asyncio.timeout(60):
        while not any(not entry.suffix for entry in folder.iterdir()):  # noqa: ASYNC110 - a thread puts it there
            await asyncio.sleep(0.01)
    broken = Renderer(build_environment([tmp_path]))
    _become(office, replace(office.provisioning.document_source, cache=DocumentCache(1_000_000), renderer=broken))
    taken = await office.get(path, AGENT)
    assert (taken.status, taken.headers["ETag"]) == (200, made.headers["ETag"])
    assert taken.headers["Content-Type"] == made.headers["Content-Type"]
    assert await taken.read() == await made.read()
    await office.set_layer(device.id, {"sip": {"register_expires": 777}})
    assert (await office.get(path, AGENT)).status == 500, "what was made before a change must never be served after it"


async def test_a_file_with_two_names_is_made_once(make_office: MakeOffice, tmp_path: Path) -> None:
    """A phone asks for it by the one, then by the other, in every boot."""
    office = await make_office()
    await office.phone(MAC, "snom")
    first = await office.get(f"/{FILE}", AGENT)
    broken = Renderer(build_environment([tmp_path]))
    _become(office, replace(office.provisioning.document_source, renderer=broken))
    second = await office.get(f"/{MAC.upper()}.xml", AGENT)
    assert (first.status, second.status, second.headers["ETag"]) == (200, 200, first.headers["ETag"])
