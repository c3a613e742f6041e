"""What `simulate` says to mistakes of its operator: at once and in words, not after the phones have booted."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from provserver.domain.errors import ProvserverError
from provserver.simulation.setting_up import Operator
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--phones-url", "prov.example.com"), "is not an absolute"),
        (("--phones-url", "http://prov.example.com:99999"), "is not a URL"),
        (("--phones-url", "ftp://prov.example.com"), "is not an http or https URL"),
        (("--api-url", "api.example.com"), "is not an absolute"),
        (("--patience", "nan"), "is no time in seconds"),
        (("--over", "inf"), "is no time in seconds"),
        (("--json", "no/such/folder/report.json"), "cannot be written: No such file or directory"),
        (("--html", "."), "is a directory"),
    ],
)
def test_an_odd_argument_is_refused_by_its_name(command: Command, arguments: tuple[str, str], told: str) -> None:
    refused = command("simulate", "--phones", "1", *arguments, code=2)
    assert arguments[0] in refused.stderr
    assert told in refused.stderr


def test_a_report_of_before_is_kept_until_there_is_a_new_one(command: Command, tmp_path: Path) -> None:
    before = tmp_path / "report.json"
    before.write_text("{}\n")
    command("simulate", "--phones", "1", "--json", before, "--vendor", "nobody", code=1)
    assert before.read_text() == "{}\n"
    command("simulate", "--phones", "1", "--json", tmp_path / "new.json", "--vendor", "nobody", code=1)
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("body", ["{", "[]", "{}", "null", "<html>"])
def test_what_is_no_api_is_told_so(body: str) -> None:
    """For whoever has mixed up the two ports, or has somebody else's login page in between."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    async def opened() -> None:
        app = web.Application()
        app.router.add_post("/v1/accounts", answer)
        async with TestServer(app) as server, ClientSession() as http:
            await Operator(http, str(server.make_url("")), "sk_live_any").open_account("Acme")

    with pytest.raises(ProvserverError, match=r"no provserver API|does not answer"):
        asyncio.run(opened())
