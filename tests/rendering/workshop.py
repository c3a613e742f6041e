"""A folder in which a test builds vendors out of nothing but YAML and templates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from provserver.domain.catalogue import Catalogue
from provserver.domain.file_rules import FileRule
from provserver.domain.layers import Layer, resolve
from provserver.domain.lines import Line, Repeated
from provserver.domain.mac import Mac
from provserver.domain.vendor import Vendor
from provserver.domain.vocabulary import LINE_VALUES, VOCABULARY
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.outcomes import Translation
from provserver.rendering.renderer import DeviceFacts, Document, Renderer
from provserver.rendering.translate import translate

MAC = Mac("0200001a2b3c")
AT = datetime(2028, 1, 1, tzinfo=UTC)
UNSUPPORTED = {"unsupported": "not made for it"}
FILE = {"id": "own", "pattern": r"<mac>\.cfg", "scope": "device", "template": "own.cfg.j2", "provisions": True}


def source(vendor_name: str = "acme", /, settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A vendor file that maps nothing but what `settings` says."""
    return {
        "vendor": vendor_name,
        "name": vendor_name.title(),
        "evidence": "vendor_guide",
        "mac_prefixes": {"020000": {}},
        "user_agents": [],
        "syntax": {"parameter_name": r"[a-z0-9_.]+", "booleans": {"true": "1", "false": "0"}},
        "files": [FILE],
        "models": {"A1": {"lines": 1}, "A3": {"lines": 3, "capabilities": ["colour"]}},
        "unknown_model": {},
        "settings": dict.fromkeys((*VOCABULARY, *LINE_VALUES), UNSUPPORTED) | (settings or {}),
        "check_sync": {"resync": "check-sync;reboot=false", "reboot": "check-sync;reboot=true"},
        "proofs": ["token"],
        **({} if "buttons" in changes else {"no_buttons": "its keys are its own"}),
        **changes,
    }


def vendor(settings: dict[str, Any] | None = None, **changes: Any) -> Vendor:
    """The vendor that such a file becomes."""
    return Vendor.model_validate(source(settings=settings, **changes))


class Workshop:
    """`root/vendors` and `root/templates`, and what is loaded from them."""

    def __init__(self, root: Path) -> None:
        self.vendors = root / "vendors"
        self.templates = root / "templates"
        self.vendors.mkdir(parents=True)
        self.templates.mkdir()

    @property
    def environment(self) -> ImmutableSandboxedEnvironment:
        """Made anew, so that it knows what was written last."""
        return build_environment([self.templates])

    def write(self, vendor_name: str = "acme", /, template: str | bytes = "", **changes: Any) -> Path:
        """A vendor and the template of its only file; returns the vendor file."""
        path = self.vendors / f"{vendor_name}.yaml"
        text = yaml.safe_dump(source(vendor_name, **changes), allow_unicode=True, sort_keys=False)
        path.write_text(text, encoding="utf-8")
        self.template(f"{vendor_name}/own.cfg.j2", template)
        return path

    def template(self, name: str, text: str | bytes) -> None:
        """A template of its own."""
        path = self.templates / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(self) -> Catalogue:
        """The catalogue as the server would load it."""
        return load_catalogue([self.vendors], self.environment)

    def render(self, template: str, translation: Translation | None = None, name: str = "own.cfg.j2") -> Document:
        """The device's file laid out with this template."""
        self.template(f"acme/{name}", template)
        rule = FileRule.model_validate(FILE | {"template": name})
        acme = vendor()
        facts = DeviceFacts(MAC, "acme", "A1", "desk")
        given = translation or translated(acme, {})
        return Renderer(self.environment).device_file(acme, rule, facts, given, "https://prov.example.com/p/t/")


def line(number: int, **values: Any) -> Line:
    """A line whose values are given without `line.`; what is not given has an ordinary value."""
    ordinary = {
        "number": number,
        "username": f"user{number}",
        "auth_username": f"user{number}",
        "password": f"secret{number}",
        "domain": "pbx.example.com",
        "server": "pbx.example.com",
        "display_name": f"User {number}",
        "label": f"10{number}",
    }
    return Line(number, f"user_{number}", {f"line.{name}": value for name, value in (ordinary | values).items()})


def translated(
    acme: Vendor,
    abstractions: dict[str, Any],
    *lines: Line,
    model: str | None = "A3",
    overrides: dict[str, Any] | None = None,
    under: list[Layer] | None = None,
) -> Translation:
    """The translation for one device with these settings of its own."""
    resolved = resolve([*(under or []), Layer("device", abstractions, overrides or {})])
    return translate(acme, model, resolved, Repeated(lines), MAC, AT)


def written(translation: Translation) -> dict[str, str]:
    """The parameters by their identity, in the order of the file."""
    return {item.identity: item.value for item in translation.parameters}
