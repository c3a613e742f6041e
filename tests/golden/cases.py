"""Golden cases: a device as an operator would describe it, a request as its phone makes it, and the file it must get.

`<vendor>/<case>/device.yaml` holds `mac`, `model` (as recorded before, if any), `layers` (platform, account, device),
`lines`, `token` and `base_url`; `request.yaml` holds `path` and `user_agent`, and what must be read from them: `rule`,
`expected_model`, `expected_firmware`; `expected.*` is the file, byte for byte.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from provserver.domain.device import Account, Assignment, Device, DeviceType, User
from provserver.domain.identify import Claim, Match, identify
from provserver.domain.mac import parse_mac
from provserver.domain.vendor import Catalogue
from provserver.rendering.renderer import Document, Renderer
from provserver.services.effective import EffectiveDevice, compose, render, token_folder
from provserver.strictyaml import parse

FOLDER = Path(__file__).parent
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = Account(id="acct", name="Golden", created_at=NOW, updated_at=NOW)

LAYERS = {"abstractions", "vendor_overrides"}
DEVICE_KEYS = {"mac", "model", "name", "layers", "lines", "token", "base_url"}
LINE_KEYS = {"line_number", "name", "username", "auth_username", "password", "display_name", "extension", "domain"}
REQUEST_KEYS = {"path", "user_agent", "rule", "expected_model", "expected_firmware"}


@dataclass(frozen=True)
class Case:
    """One folder."""

    folder: Path

    @property
    def vendor(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return f"{self.vendor}/{self.folder.name}"

    @property
    def device(self) -> dict[str, Any]:
        return self._read("device.yaml", DEVICE_KEYS)

    @property
    def request(self) -> dict[str, Any]:
        return self._read("request.yaml", REQUEST_KEYS)

    @property
    def expected(self) -> Path:
        """The expected file; a case has exactly one."""
        (found,) = self.folder.glob("expected.*")
        return found

    def _read(self, name: str, known: set[str]) -> dict[str, Any]:
        path = self.folder / name
        value = parse(path.read_text(encoding="utf-8"), str(path)).value
        assert isinstance(value, dict), f"{path} is not a mapping"
        assert not set(value) - known, f"{path} has keys that nothing reads"
        return value


@dataclass(frozen=True)
class Served:
    """What came of a case."""

    claim: Claim
    match: Match
    effective: EffectiveDevice
    document: Document


def all_cases() -> list[Case]:
    """Every case on disk."""
    return [Case(path.parent) for path in sorted(FOLDER.glob("*/*/device.yaml"))]


def claim_of(case: Case, catalogue: Catalogue) -> Claim:
    """The request of the case as the server reads it."""
    parts = urlsplit(case.request["path"])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    claim = identify(parts.path, query, case.request.get("user_agent", ""), catalogue)
    assert claim is not None, f"{case.name}: no phone asks for {parts.path}"
    return claim


def serve(case: Case, catalogue: Catalogue, renderer: Renderer) -> Served:
    """What the phone gets: the way of a real request, without the store and the proofs."""
    claim = claim_of(case, catalogue)
    match = claim.match_for(case.vendor)
    vendor = catalogue.named(case.vendor)
    assert match is not None, f"{case.name}: no file rule fits"
    assert vendor is not None, f"{case.name}: there is no such vendor"
    told = claim.agent.model if claim.agent else None
    source = case.device
    device = Device(
        id="dev",
        account_id=ACCOUNT.id,
        type=DeviceType.DESKPHONE,
        mac=parse_mac(source["mac"]),
        vendor=case.vendor,
        model=told or vendor.model_named(match.model) or source.get("model"),
        name=source.get("name"),
        created_at=NOW,
        updated_at=NOW,
    )
    layers = source.get("layers") or {}
    assert not set(layers) - {"platform", "account", "device"}, f"{case.name}: unknown layers"
    documents = tuple(layers.get(name) or {} for name in ("platform", "account", "device"))
    assert not any(set(document) - LAYERS for document in documents), f"{case.name}: unknown keys of a layer"
    lines = [_line(number, line) for number, line in enumerate(source.get("lines") or [], start=1)]
    folder = token_folder(source["base_url"], source["token"])
    effective = compose(device, ACCOUNT, documents, lines, vendor, folder)  # type: ignore[arg-type]
    return Served(claim, match, effective, render(renderer, effective, match.rule))


def _line(position: int, line: dict[str, Any]) -> tuple[Assignment, User]:
    assert not set(line) - LINE_KEYS, f"unknown keys of a line: {set(line) - LINE_KEYS}"
    username = line.get("username", f"10{position}")
    number = line.get("line_number", position)
    user = User(
        id=f"user_{number}",
        account_id=ACCOUNT.id,
        name=line.get("name") or line.get("display_name") or username,
        extension=line.get("extension"),
        sip_username=username,
        sip_auth_username=line.get("auth_username"),
        sip_password=line.get("password", f"secret{position}"),
        sip_domain=line.get("domain"),
        sip_display_name=line.get("display_name"),
        created_at=NOW,
        updated_at=NOW,
    )
    assignment = Assignment(
        id=f"asg_{number}", account_id=ACCOUNT.id, device_id="dev", user_id=user.id, line_number=number, created_at=NOW
    )
    return assignment, user
