"""A folder with an initialised server, a phone in it, and the console script as a function."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner, Result

from provserver.cli.main import main
from provserver.config.loading import load_config
from provserver.database_setup import open_database
from provserver.domain.mac import Mac
from provserver.store import accounts, assignments, devices, layers, users
from tests.store import builders

MAC = "00:04:13:aa:bb:cc"
SECRET = "marked-sip-password"
Command = Callable[..., Result]


@dataclass
class Place:
    """A folder in which commands run."""

    folder: Path
    key: str

    @property
    def config(self) -> Path:
        return self.folder / "config.yaml"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `provserver` with arguments in the test's folder; wide, so that tables are not folded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments: Any, code: int = 0) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """What `provserver init` leaves; done once, since it takes longer than most tests."""
    folder = tmp_path_factory.mktemp("initialised")
    made = CliRunner().invoke(main, ["init", str(folder)], catch_exceptions=False)
    return Place(folder, made.stdout.strip())


@pytest.fixture
def place(command: Command, tmp_path: Path, initialised: Place) -> Place:
    """A copy of it, in which the test's commands run."""
    copytree(initialised.folder, tmp_path, dirs_exist_ok=True)
    own = Place(tmp_path, initialised.key)
    own.config.write_text(own.config.read_text().replace(str(initialised.folder), str(tmp_path)))
    return own


@pytest.fixture
def phone(place: Place) -> Place:
    """A Snom D785 with one user, and settings in two layers."""
    asyncio.run(_store_phone(place))
    return place


async def _store_phone(place: Place) -> None:
    async with open_database(load_config(place.config, {})) as database, database.write() as conn:
        sealer = database.sealer
        account = builders.account(timezone="Europe/Berlin")
        token = "t" * 32
        device = builders.device(account.id, mac=Mac("000413aabbcc"), vendor="snom", model="D785", token=token)
        user = builders.user(account.id, name="Jane & Joe", extension="101", sip_password=SECRET)
        await accounts.insert_account(conn, account)
        await users.insert_user(conn, sealer, user)
        await devices.insert_device(conn, sealer, device)
        await assignments.insert_assignment(conn, builders.assignment(device, user))
        shared = {"abstractions": {"sip": {"domain": "pbx.example.com"}, "access": {"admin_password": SECRET}}}
        own = {
            "abstractions": {"sip": {"register_expires": 1234}, "audio": {"echo_cancellation": False}},
            "vendor_overrides": {
                "user_ringer[1]": "Ringer3",
                "http_pass": SECRET,
                "alert_internal_ring_sound": "Ringer [/b] [bold]",
            },
        }
        await layers.write_layer(conn, sealer, account.id, shared, at=builders.START)
        await layers.write_layer(conn, sealer, device.id, own, at=builders.START)
