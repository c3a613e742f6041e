"""Settings that set everything, made from the vocabulary itself, with ordinary and with hostile values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from provserver.domain.buttons import ButtonRows
from provserver.domain.device import MAX_DESKPHONE_LINES, Account, Assignment, Device, DeviceType, MulticellRole, User
from provserver.domain.errors import Invalid
from provserver.domain.facts import Refusal
from provserver.domain.mac import Mac
from provserver.domain.occupants import Assigned
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import SECRETS, VOCABULARY, check_abstractions, nest
from provserver.services.devices.parts import Parts, PlacedHandset
from provserver.services.protection.access import Access
from provserver.services.settings.effective import EffectiveDevice, compose

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = Account(id="acct", name="Fullest", created_at=NOW, updated_at=NOW)
TOKEN = "token-of-the-test"
ACCESS = Access("https://prov.example.com", accepted=("token",), given="token", secret=TOKEN)

SECRET = "secret"
"""Stands in every password, so that it can be found wherever it must not be."""

HOSTILE = "&<>\"';%#$\\ü漢😀 {{7*7}} {% x %} --> ]]> </x>=[a] a#b"
"""What breaks XML, key = value files, templates and shells; all of it a person may type into a name or a password."""


@dataclass(frozen=True)
class Spellings:
    """One value for each kind of text in the vocabulary."""

    text: str
    url: str
    dialable: str = "*21#+a.b_c@d:-1"
    others: tuple[str, ...] = (
        *("Europe/Berlin", "proxy.example.com:5070", "host.example.com", "DE", "de"),
        f"{SECRET}0123456789",
    )
    in_username: str = ""


ORDINARY = Spellings(text="ordinary", url="https://files.example.com/a.bin")
NASTY = Spellings(text=HOSTILE, url="https://files.example.com/a&b<c>\"';%20$\\ü漢😀{{7*7}}{%x%}-->]]>/d.bin?a=1&b=2#c")


@cache
def nasty(vendor_name: str, refused: tuple[Refusal, ...]) -> Spellings:
    """The worst that people type, of what the files of this vendor can hold at all."""

    def held(text: str) -> str:
        kept = "".join(letter for letter in text if not any(one.pattern.search(f"a{letter}a") for one in refused))
        assert not any(one.pattern.search(kept) for one in refused), f"{vendor_name} cannot hold {kept}"
        return kept

    return Spellings(text=held(NASTY.text), url=held(NASTY.url))


def nasty_for(vendor: Vendor) -> Spellings:
    """The same for a vendor file."""
    return nasty(vendor.dialect, vendor.syntax.cannot_carry)


def value_of(path: str, choice: int, spellings: Spellings) -> Any:
    """A valid value of the setting; `choice` walks through all that a table may hold, and both ends of numbers."""
    schema = VOCABULARY[path].schema
    if "enum" in schema:
        return schema["enum"][choice % len(schema["enum"])]
    if schema["type"] == "boolean":
        return choice % 2 == 0
    if schema["type"] == "integer":
        return schema["minimum" if choice % 2 else "maximum"]
    if schema["type"] == "array":
        items = schema["items"]["enum"]
        turned = [*items[choice % len(items) :], *items[: choice % len(items)]]
        return turned if choice % 2 == 0 else turned[:1]
    return next(text for text in _texts(spellings, path) if _is_valid(path, text))


def _texts(spellings: Spellings, path: str) -> tuple[str, ...]:
    text = f"{SECRET} {path} {spellings.text}" if path in SECRETS else spellings.text
    return text, spellings.url, spellings.dialable, *spellings.others


def _is_valid(path: str, text: str) -> bool:
    try:
        check_abstractions(nest({path: text}))
    except Invalid:
        return False
    return True


@cache
def everything(choice: int, spellings: Spellings) -> dict[str, Any]:
    """Abstractions with every setting of the vocabulary set."""
    document = nest({path: value_of(path, choice, spellings) for path in VOCABULARY})
    check_abstractions(document)
    return document


FREE_TEXTS = tuple(
    path for path in VOCABULARY if VOCABULARY[path].schema.get("type") == "string" and _is_valid(path, HOSTILE)
)
"""Settings that take anything a person may type."""

CHOICES = max(len(setting.schema.get("enum", ())) for setting in VOCABULARY.values())


def user_on(line: int, spellings: Spellings) -> tuple[Assignment, User]:
    """A user whose every text is as the spellings say."""
    user = User(
        id=f"user_{line}",
        account_id=ACCOUNT.id,
        name=f"name {line} {spellings.text}",
        extension=f"2{line:02d}",
        sip_username=f"user{line}{spellings.in_username}",
        sip_auth_username=f"auth{line} {spellings.text}",
        sip_password=f"{SECRET} of line {line} {spellings.text}",
        sip_domain=None,
        sip_display_name=f"shown {line} {spellings.text}",
        created_at=NOW,
        updated_at=NOW,
    )
    assignment = Assignment(
        id=f"asg_{line}", account_id=ACCOUNT.id, device_id="dev", user_id=user.id, line_number=line, created_at=NOW
    )
    return assignment, user


def phone(
    vendor: Vendor,
    model: str | None,
    abstractions: dict[str, Any],
    users: Sequence[Assigned],
    overrides: dict[str, Any] | None = None,
    name: str | None = None,
    role: MulticellRole = MulticellRole.SINGLE,
    buttons: ButtonRows | None = None,
) -> EffectiveDevice:
    """A device of this vendor and model with these settings of its own; of a base, in this role."""
    is_base = vendor.type is DeviceType.DECT_BASE
    device = Device(
        id="dev",
        account_id=ACCOUNT.id,
        type=vendor.type,
        mac=Mac(f"{min(vendor.mac_prefixes, default='020000'):a<12}"),
        vendor=vendor.vendor,
        model=model,
        name=name,
        multicell_role=role if is_base else None,
        chain_id="20461" if role is MulticellRole.DATA_MASTER else None,
        created_at=NOW,
        updated_at=NOW,
    )
    own = {"abstractions": abstractions, "vendor_overrides": overrides or {}}
    parts = _base_parts(vendor, device, users) if is_base else Parts(users, buttons=buttons or ButtonRows())
    return compose(device, ACCOUNT, ({}, {}, own), parts, vendor, ACCESS, NOW)


def _base_parts(vendor: Vendor, base: Device, users: Sequence[Assigned]) -> Parts:
    """The users in turn on as many handsets as there may be, and the bases of the system."""
    if base.multicell_role is MulticellRole.SINGLE:
        return _on_handsets(vendor, base, users)
    other = replace(base, id="other", mac=Mac("02ff00000001"), chain_id="20461")
    if base.multicell_role is MulticellRole.SECONDARY:
        return Parts(bases=[replace(other, multicell_role=MulticellRole.DATA_MASTER), base])
    second = replace(other, multicell_role=MulticellRole.SECONDARY, chain_id=None)
    return replace(_on_handsets(vendor, base, users), bases=[base, second])


def _on_handsets(vendor: Vendor, base: Device, users: Sequence[Assigned]) -> Parts:
    handsets = min(vendor.model(base.model).handsets or len(users), len(users))
    assigned = []
    for index, (assignment, user) in enumerate(users):
        placed = replace(
            assignment,
            device_id=f"handset_{index % handsets}",
            line_number=index // handsets + 1,
            account_number=assignment.line_number,
        )
        assigned.append((placed, user))
    on_base = [
        PlacedHandset(
            Device(
                id=f"handset_{index}",
                account_id=ACCOUNT.id,
                type=DeviceType.DECT_HANDSET,
                ipei=f"0328A{index:05X}",
                slot_number=index + 1,
                name=user.name,
                created_at=NOW,
                updated_at=NOW,
            ),
            {},
        )
        for index, (_, user) in enumerate(users[:handsets])
    ]
    return Parts(assigned, on_base)


def all_lines(vendor: Vendor, model: str | None) -> int:
    """As many lines as the model has, as many as a desk phone takes where that is not known."""
    known = vendor.model(model).lines
    return MAX_DESKPHONE_LINES if known is None else known


def full_lines(vendor: Vendor, model: str | None) -> int:
    """The same, within what a desk phone takes: on bases of hundreds of lines that is many enough."""
    return min(all_lines(vendor, model), MAX_DESKPHONE_LINES)


def fullest_phone(
    vendor: Vendor,
    model: str | None,
    choice: int = 0,
    spellings: Spellings | None = None,
    lines: int | None = None,
    role: MulticellRole = MulticellRole.SINGLE,
) -> EffectiveDevice:
    """Every setting set, and every line taken unless `lines` says how many; nasty unless `spellings` are given."""
    spellings = spellings or nasty_for(vendor)
    users = [user_on(line, spellings) for line in range(1, (lines or full_lines(vendor, model)) + 1)]
    return phone(vendor, model, everything(choice, spellings), users, name=f"phone {spellings.text}", role=role)
