"""After a start, the files of the fleet are rehearsed, so that the first phones of a city are not kept waiting."""

import asyncio
import io
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceType, MulticellRole
from provserver.domain.errors import RenderingFailed, StoreUnavailable
from provserver.services.fetching import document_source, render_queue
from provserver.services.fetching.rehearsal import rehearse
from provserver.services.settings.effective import render as effective_render
from provserver.store import devices
from provserver.store.database import Database
from tests.phones.conftest import YEALINK_AGENT, Office
from tests.store import builders

MAC = "805ec0000001"
BASE = {"type": DeviceType.DECT_BASE, "multicell_role": MulticellRole.SINGLE}

Rendered = list[tuple[str, str | None, bool]]  # vendor file, model, and whether the event loop did it


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Rendered:
    """What is rendered from now on; any file is quick."""
    seen: Rendered = []
    loop = threading.get_ident()

    def render(renderer: Any, effective: Any, *rest: Any, **more: Any) -> Any:
        seen.append((effective.vendor.dialect, effective.device.model, threading.get_ident() == loop))
        return effective_render(renderer, effective, *rest, **more)

    monkeypatch.setattr(document_source, "render", render)
    monkeypatch.setattr(render_queue, "_QUICK", 60)
    return seen


async def _rehearse(office: Office) -> None:
    await rehearse(office.database, office.provisioning.document_source, datetime.now(UTC))


async def _install(office: Office, phones: Sequence[dict[str, Any]]) -> None:
    async with office.database.write() as conn:
        for phone in phones:
            await devices.insert_device(conn, office.database.sealer, builders.device(office.account_id, **phone))


async def test_the_first_phone_is_rendered_its_file_as_quickly_as_the_next(office: Office, rendered: Rendered) -> None:
    """Only what is known to be quick may be rendered on the event loop, which all phones share."""
    await office.phone(MAC, "yealink")
    await _rehearse(office)
    del rendered[:]
    await office.get(f"/{MAC}.cfg", YEALINK_AGENT.format(mac=MAC))
    assert rendered == [("yealink", "T46S", True)]


async def test_without_a_rehearsal_it_does_not_hold_up_others(office: Office, rendered: Rendered) -> None:
    await office.phone(MAC, "yealink")
    await office.get(f"/{MAC}.cfg", YEALINK_AGENT.format(mac=MAC))
    assert rendered == [("yealink", "T46S", False)]


async def test_a_file_with_very_much_in_it_does_not_hold_up_others(office: Office, rendered: Rendered) -> None:
    """One administrator's thousand parameters must not be felt by the phones of others."""
    device, _ = await office.phone(MAC, "yealink")
    await _rehearse(office)
    await office.set_document(device.id, {"vendor_overrides": {f"account.1.p{n}": "x" * 200 for n in range(1_000)}})
    del rendered[:]
    await office.get(f"/{MAC}.cfg", YEALINK_AGENT.format(mac=MAC))
    assert rendered == [("yealink", "T46S", False)]


async def test_a_phone_that_has_come_before_is_rehearsed_as_its_model(office: Office, rendered: Rendered) -> None:
    await _install(office, [{"vendor": "snom", "model": "M900", **BASE}, {"vendor": "snom", "model": "D785"}])
    await _rehearse(office)
    assert {(dialect, model) for dialect, model, _ in rendered} == {("snom_rtx", "M900"), ("snom", "D785")}


async def test_of_a_vendor_whose_phones_have_not_come_yet_every_vendor_file_is_rehearsed(
    office: Office, catalogue: Catalogue, rendered: Rendered
) -> None:
    vendors = list(catalogue.by_vendor)
    await _install(office, [{"vendor": vendor} for vendor in vendors] + [{"vendor": one, **BASE} for one in vendors])
    await _rehearse(office)
    assert {dialect for dialect, _, _ in rendered} == {
        dialect.dialect
        for dialect in catalogue.dialects.values()
        for name, model in dialect.models.items()
        if not model.not_rendered and any(rule.provisions for rule, _ in dialect.rules_for(name))
    }


async def test_phones_of_no_known_vendor_are_left_out(office: Office, rendered: Rendered) -> None:
    await _install(
        office, [{"vendor": None}, {"vendor": "a vendor file that was deleted"}, {"vendor": "snom", "model": "?"}]
    )
    await _rehearse(office)
    assert rendered == []


@pytest.mark.parametrize("error", [RenderingFailed("a template of the operator", template="x"), KeyError("anything")])
async def test_what_fails_then_fails_for_nobody(
    json_log: io.BytesIO, office: Office, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A mistake in one template must not end the server, which has others to serve."""

    def broken(*_: Any, **__: Any) -> None:
        raise error

    await office.phone(MAC, "yealink")
    with monkeypatch.context() as broken_for_now:
        broken_for_now.setattr(document_source, "render", broken)
        await _rehearse(office)
    assert (b"rehearsal_failed" in json_log.getvalue()) == isinstance(error, KeyError)
    assert (await office.get(f"/{MAC}.cfg", YEALINK_AGENT.format(mac=MAC))).status == 200


async def test_phones_that_come_meanwhile_come_first(office: Office, rendered: Rendered) -> None:
    await office.phone(MAC, "yealink")
    source, under_way = office.provisioning.document_source, [1]
    rehearsal = asyncio.create_task(rehearse(office.database, source, datetime.now(UTC), lambda: len(under_way)))
    await office.get(f"/{MAC}.cfg", YEALINK_AGENT.format(mac=MAC))
    assert [model for _, model, _ in rendered] == ["T46S"]
    under_way.clear()
    await rehearsal
    assert len(rendered) > 1


async def test_a_start_without_the_database_does_without(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Database, "look", away)
    await _rehearse(office)
