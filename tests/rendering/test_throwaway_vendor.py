"""Adding a vendor takes a YAML file and a template, and no Python: here is one that nobody has ever made."""

from pathlib import Path

from provserver.domain.catalogue import Catalogue
from provserver.domain.identify import identify
from provserver.domain.layers import Layer, resolve
from provserver.domain.lines import Repeated
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import DeviceFacts, Renderer
from provserver.rendering.translate import translate

from .throwaway import write_vendor
from .workshop import AT, line


def _loaded(folder: Path) -> tuple[Catalogue, Renderer]:
    vendors, templates = write_vendor(folder)
    environment = build_environment([templates])
    return load_catalogue([vendors], environment), Renderer(environment)


def test_a_vendor_made_of_yaml_and_a_template_gives_its_phone_a_file(tmp_path: Path) -> None:
    catalogue, renderer = _loaded(tmp_path)
    claim = identify("/phone/02AB00000001.ini", {}, "ThrowAway TA v1.2", catalogue)
    assert claim is not None
    assert claim.agent is not None
    assert claim.mac is not None
    match = claim.match_for("throwaway")
    assert match is not None
    vendor = catalogue.dialect_named("TAT")
    assert vendor is catalogue.by_mac(claim.mac.bare)
    assert vendor is not None
    settings = {
        "regional": {"timezone": "Asia/Kolkata"},
        "audio": {"codecs": ["G722", "OPUS"]},
        "features": {"dnd_enabled": False},
        "sip": {"port": 5070},
    }
    found = translate(
        vendor, claim.agent.model, resolve([Layer("device", settings)]), Repeated((line(1),)), claim.mac, AT
    )
    facts = DeviceFacts(claim.mac, "throwaway", claim.agent.model, None)
    document = renderer.device_file(vendor, match.rule, facts, found, "https://prov.example.com/p/t/")
    assert document.body.decode().splitlines() == [
        "; 02AB00000001",
        "MADE_BY=us;",
        "L2_ON=no;",
        "L1_USER=user1;",
        "L1_PASS=secret1;",
        "UTC_OFFSET=+05:30;",
        "CODECS=wide;",
        "DND=no;",
    ]
    assert claim.agent.model == "TA9"
    assert found.outcomes["sip.port"].reasons == ["it is cheap"]
    assert found.outcomes["audio.codecs"].reasons == ["this vendor has no OPUS"]
