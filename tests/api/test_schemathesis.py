"""Generated requests against the real server: none may break it, none may get an answer that is not documented."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from provserver.api.openapi import build_document
from provserver.api.routes import PUBLIC_ROUTES, ROUTES
from tests.api.client import Clock
from tests.api.conftest import PLATFORM_KEY, Beginning, running_api
from tests.api.everything import PICTURE

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Fixtures:
    """Ids of things that exist, so that generated requests reach more than the 404."""

    def __init__(self, base: str) -> None:
        self.base = base
        account = self._create("/v1/accounts", {"name": "Acme"})
        self.headers = {"Authorization": f"Bearer {PLATFORM_KEY}", "DialStack-Account": account["id"]}
        user = self._create("/v1/users", {"name": "Ada"})
        phone = self._create("/v1/devices", {"mac_address": "001565000001"})
        base_station = self._create("/v1/devices", {"mac_address": "020001000001", "type": "dect_base"})
        handset = self._create("/v1/devices", {"ipei": "0328A0000F", "base_id": base_station["id"]})
        job = self._create("/v1/check_sync_jobs", {})
        template = self._create("/v1/button_templates", {"name": "Office"})
        button = self._create(f"/v1/button_templates/{template['id']}/buttons", {"position": 1, "type": "dnd"})
        key = self._create("/v1/api_keys", {"name": "bound", "account_id": account["id"]})
        self.account_headers = {"Authorization": f"Bearer {key['key']}"}
        self.known = {
            "/v1/accounts": {"id": account["id"]},
            "/v1/users": {"id": user["id"]},
            "/v1/dect-bases": {"id": base_station["id"], "hid": handset["id"]},
            "/v1/devices": {"id": phone["id"], "user_id": user["id"], "name": "001565000001.cfg"},
            "/v1/deskphones": {"id": phone["id"]},
            "/v1/check_sync_jobs": {"id": job["id"]},
            "/v1/button_templates": {"id": template["id"], "bid": button["id"]},
            "/v1/vendors": {"vendor": "snom"},
            "/v1/unknown_devices": {"mac": "02:00:01:00:00:99"},
            "/v1/api_keys": {"id": key["id"]},
            "/v1/files": {"id": self._upload()},
        }

    headers: dict[str, str] = {"Authorization": f"Bearer {PLATFORM_KEY}"}  # noqa: RUF012 - replaced once there is an account

    def _upload(self) -> str:
        headers = {**self.headers, "Content-Type": "application/octet-stream"}
        answer = requests.post(f"{self.base}/v1/files?kind=logo", data=PICTURE, headers=headers, timeout=60)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def _create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = requests.post(self.base + path, json=body, headers=self.headers, timeout=60)
        answer.raise_for_status()
        created: dict[str, Any] = answer.json()
        return created


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, beginning: Beginning) -> Iterator[Fixtures]:
    """The API in a thread of its own, with one thing of each kind in it."""
    folder: Path = tmp_path_factory.mktemp("schemathesis")
    loop = asyncio.new_event_loop()
    addresses: list[str] = []
    started, ending = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with running_api(folder, beginning, Clock()) as running:
            addresses.append(str(running.server.make_url("")).rstrip("/"))
            started.set()
            await ending.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    started.wait(60)
    try:
        yield Fixtures(addresses[0])
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(60)
        loop.close()


DOCUMENT = schemathesis.openapi.from_dict(build_document(ROUTES, PUBLIC_ROUTES))
CASES = [
    (route.method, route.openapi_path, mode)
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    for route in ROUTES
    if route.path != "/v1/events"  # a stream does not end
] + [
    ("GET", route.path, GenerationMode.POSITIVE)  # nothing can be wrong with a request that takes nothing
    for route in PUBLIC_ROUTES
]


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_every_answer_is_documented(method: str, path: str, mode: GenerationMode, served: Fixtures) -> None:
    """A client generated from the document understands whatever comes back, and nothing breaks the server."""
    operation = DOCUMENT[path][method]

    @given(case=operation.as_strategy(generation_mode=mode), aims=st.booleans(), bound=st.booleans())
    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def run(case: Any, aims: bool, bound: bool) -> None:
        # Half of the requests aim at something that exists; what would delete it does not.
        aims = aims and method != "DELETE"
        if aims:
            known = served.known.get("/".join(path.split("/")[:3]), {})
            case.path_parameters = {**(case.path_parameters or {}), **known}
        headers = served.account_headers if bound else served.headers
        answer = case.call(base_url=served.base, headers=headers, timeout=60)
        if answer.status_code == 400 and "bytes when reading" in answer.text:
            return  # a request line that HTTP itself has no room for
        # What was wrong may have been the path that was just put right.
        refusals = [] if aims or mode is GenerationMode.POSITIVE else [negative_data_rejection]
        case.validate_response(answer, checks=[*CHECKS, *refusals])

    run()
