"""Golden cases: a device as an operator would describe it, a request as its phone makes it, and the file it must get.

`<dialect>/<case>/device.yaml` holds `mac`, `model` (as recorded before, if any), `layers` (platform, account, device),
`lines`, `token` and `base_url`; that of a DECT base also `type: dect_base`, its `role`, the `chain_id` and the `cells`
of its system, and instead of `lines` its `handsets` with their own `lines` and `overrides`. A phone may have `buttons`
(of its template), `button_overrides`, and `users` whom they are about, by id. `request.yaml` holds `path` and
`user_agent`, and what must be read from them: `rule`, `expected_model`, `expected_firmware`; `expected.*` is the file,
byte for byte.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from provserver.domain.button_types import ButtonType, target_of
from provserver.domain.buttons import Button, ButtonRows, Override, Person
from provserver.domain.catalogue import Catalogue
from provserver.domain.device import Account, Assignment, Device, DeviceType, MulticellRole, User
from provserver.domain.identify import Claim, Match, identify
from provserver.domain.mac import parse_mac
from provserver.rendering.renderer import Document, Renderer
from provserver.services.devices.parts import Parts, PlacedHandset
from provserver.services.protection.access import ProofPolicy, access_of
from provserver.services.settings.effective import EffectiveDevice, compose, render
from provserver.strictyaml import parse

FOLDER = Path(__file__).parent
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2028, 1, 1, tzinfo=UTC)
"""All files are made as of then; no time zone that a case names has an exception at that time."""
ACCOUNT = Account(id="acct", name="Golden", created_at=NOW, updated_at=NOW)

LAYERS = {"abstractions", "vendor_overrides"}
DEVICE_KEYS = {"mac", "type", "model", "name", "layers", "token", "base_url"}
PHONE_KEYS = {"lines", "buttons", "button_overrides", "users"}
BASE_KEYS = {"role", "chain_id", "cells", "handsets"}
HANDSET_KEYS = {"slot", "ipei", "name", "lines", "overrides"}
USER_KEYS = {"name", "username", "auth_username", "password", "display_name", "extension", "domain"}
REQUEST_KEYS = {"path", "user_agent", "rule", "expected_model", "expected_firmware"}


@dataclass(frozen=True)
class Case:
    """One folder."""

    folder: Path

    @property
    def dialect(self) -> str:
        return self.folder.parent.name

    @property
    def name(self) -> str:
        return f"{self.dialect}/{self.folder.name}"

    @property
    def device(self) -> dict[str, Any]:
        return self._read("device.yaml", DEVICE_KEYS | PHONE_KEYS | BASE_KEYS)

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
    match = claim.match_for(case.dialect)
    vendor = catalogue.dialects[case.dialect]
    assert match is not None, f"{case.name}: no file rule fits"
    told = claim.agent.model if claim.agent else None
    source = case.device
    assert source.get("type", "deskphone") == vendor.type, f"{case.name}: these files are for {vendor.type}"
    assert not set(source) & (PHONE_KEYS if vendor.type is DeviceType.DECT_BASE else BASE_KEYS), case.name
    device = Device(
        id="dev",
        account_id=ACCOUNT.id,
        type=vendor.type,
        mac=parse_mac(source["mac"]),
        vendor=vendor.vendor,
        model=told or vendor.model_named(match.model) or source.get("model"),
        name=source.get("name"),
        multicell_role=MulticellRole(source.get("role", "single")) if vendor.type is DeviceType.DECT_BASE else None,
        chain_id=source.get("chain_id"),
        created_at=NOW,
        updated_at=NOW,
    )
    layers = source.get("layers") or {}
    assert not set(layers) - {"platform", "account", "device"}, f"{case.name}: unknown layers"
    documents = layers.get("platform") or {}, layers.get("account") or {}, layers.get("device") or {}
    assert not any(set(document) - LAYERS for document in documents), f"{case.name}: unknown keys of a layer"
    access = access_of(ProofPolicy(("token",)), ACCOUNT, device, vendor, source["base_url"], source["token"])
    effective = compose(device, ACCOUNT, documents, _parts(source), vendor, access, AT)
    return Served(claim, match, effective, render(renderer, effective, match.rule, ipei=match.ipei))


def _parts(source: dict[str, Any]) -> Parts:
    if source.get("type") != "dect_base":
        lines = source.get("lines") or []
        assigned = [_line("dev", number, number, line, "line_number") for number, line in enumerate(lines, start=1)]
        return Parts(assigned, buttons=button_rows(source))
    handsets = source.get("handsets") or []
    assigned = []
    for handset in handsets:
        assert not set(handset) - HANDSET_KEYS, f"unknown keys of a handset: {set(handset) - HANDSET_KEYS}"
        for position, line in enumerate(handset.get("lines") or [], start=1):
            told = (f"handset_{handset['slot']}", position, len(assigned) + 1, line, "account_number")
            assigned.append(_line(*told))
    return Parts(
        assigned, [_handset(handset) for handset in handsets], [_cell(cell, source) for cell in _cells(source)]
    )


def button_rows(source: dict[str, Any]) -> ButtonRows:
    """The buttons of the device, checked as the API checks them."""
    template = [
        Button(
            id=f"btn_{number}",
            template_id="btpl",
            position=button["position"],
            type=ButtonType(button["type"]),
            target=target_of(ButtonType(button["type"]), button.get("target")),
            label=button.get("label"),
            created_at=NOW,
        )
        for number, button in enumerate(source.get("buttons") or [])
    ]
    overrides = [
        Override(
            id=f"dbo_{number}",
            device_id="dev",
            position=one["position"],
            suppressed=one.get("suppressed", False),
            type=ButtonType(one["type"]) if "type" in one else None,
            target=target_of(ButtonType(one["type"]), one.get("target")) if "type" in one else {},
            label=one.get("label"),
            created_at=NOW,
        )
        for number, one in enumerate(source.get("button_overrides") or [])
    ]
    people = {name: Person.of(_user(name, name, user)) for name, user in (source.get("users") or {}).items()}
    return ButtonRows(template, overrides, people)


def _cells(source: dict[str, Any]) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = source.get("cells") or []
    return cells


def _handset(handset: dict[str, Any]) -> PlacedHandset:
    device = Device(
        id=f"handset_{handset['slot']}",
        account_id=ACCOUNT.id,
        type=DeviceType.DECT_HANDSET,
        ipei=handset["ipei"],
        base_id="dev",
        slot_number=handset["slot"],
        name=handset.get("name"),
        created_at=NOW,
        updated_at=NOW,
    )
    overrides = handset.get("overrides") or {}
    assert not set(overrides) - LAYERS, f"unknown keys of overrides: {set(overrides) - LAYERS}"
    return PlacedHandset(device, overrides)


def _cell(cell: dict[str, Any], source: dict[str, Any]) -> Device:
    return Device(
        id=f"base_{cell['mac']}",
        account_id=ACCOUNT.id,
        type=DeviceType.DECT_BASE,
        mac=parse_mac(cell["mac"]),
        multicell_role=MulticellRole(cell["role"]),
        chain_id=source.get("chain_id"),
        created_at=NOW,
        updated_at=NOW,
    )


def _line(
    device_id: str, line_number: int, number: int, line: dict[str, Any], number_key: str
) -> tuple[Assignment, User]:
    """A user on a line: `number` counts all of them, unless the line itself says it under `number_key`."""
    own = line.get(number_key, number)
    told = {key: value for key, value in line.items() if key != number_key}
    user = _user(f"user_{own}", f"10{number}", {"password": f"secret{number}", **told})
    on_base = number_key == "account_number"
    assignment = Assignment(
        id=f"asg_{own}",
        account_id=ACCOUNT.id,
        device_id=device_id,
        user_id=user.id,
        line_number=line_number if on_base else own,
        account_number=own if on_base else None,
        created_at=NOW,
    )
    return assignment, user


def _user(user_id: str, username: str, told: dict[str, Any]) -> User:
    assert not set(told) - USER_KEYS, f"unknown keys of a user: {set(told) - USER_KEYS}"
    username = told.get("username", username)
    return User(
        id=user_id,
        account_id=ACCOUNT.id,
        name=told.get("name") or told.get("display_name") or username,
        extension=told.get("extension"),
        sip_username=username,
        sip_auth_username=told.get("auth_username"),
        sip_password=told.get("password", "secret"),
        sip_domain=told.get("domain"),
        sip_display_name=told.get("display_name"),
        created_at=NOW,
        updated_at=NOW,
    )
