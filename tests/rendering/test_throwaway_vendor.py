"""Adding a vendor takes a YAML file and a template, and no Python: here is one that nobody has ever made."""

from pathlib import Path

from provserver.domain.identify import identify
from provserver.domain.layers import Layer, resolve
from provserver.domain.vendor import Catalogue
from provserver.domain.vocabulary import LINE_VALUES, VOCABULARY
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment
from provserver.rendering.renderer import DeviceFacts, Renderer
from provserver.rendering.translate import translate

from .workshop import line

VENDOR = """\
vendor: throwaway
name: Throw-Away Telephones
aliases: [tat]
evidence: unverified
mac_prefixes:
  "02ab00": {}
user_agents:
  - pattern: 'ThrowAway (?P<model>\\w+) v(?P<firmware>[\\d.]+)'
    examples:
      - {agent: "ThrowAway TA v1.2", model: TA, firmware: "1.2"}
syntax:
  parameter_name: '[A-Z_]+'
  booleans: {"true": "yes", "false": "no"}
  cannot_carry:
    - {pattern: ';', why: "a semicolon ends the value"}
files:
  - id: own
    pattern: 'phone/<mac>\\.ini'
    scope: device
    template: own.ini.j2
    content_type: text/plain
    provisions: true
    asked_as: "phone/{MAC}.ini"
models:
  TA9: {lines: 2, also: [TA]}
unknown_model: {lines: 1}
constants:
  - {to: MADE_BY, value: us}
unused_lines:
  - {to: "L{line}_ON", value: "no"}
check_sync: {resync: check-sync, reboot: reboot}
proofs: [token, window]
settings:
  line.username: "L{line}_USER"
  line.password: "L{line}_PASS"
  regional.timezone: {to: UTC_OFFSET, convert: utc_offset}
  audio.codecs:
    list: {names: {PCMU: ulaw, G722: wide}, to: CODECS, join: "+"}
  features.dnd_enabled: DND
"""
TEMPLATE = "; {{ device.mac.upper }}\n{% for p in parameters %}\n{{ p.name }}={{ p.value }};\n{% endfor %}\n"


def _loaded(folder: Path) -> tuple[Catalogue, Renderer]:
    mapped = {"line.username", "line.password", "regional.timezone", "audio.codecs", "features.dnd_enabled"}
    rest = "".join(
        f"  {path}: {{unsupported: it is cheap}}\n" for path in (*VOCABULARY, *LINE_VALUES) if path not in mapped
    )
    (folder / "vendors").mkdir()
    (folder / "templates" / "throwaway").mkdir(parents=True)
    (folder / "vendors" / "throwaway.yaml").write_text(VENDOR + rest, encoding="utf-8")
    (folder / "templates" / "throwaway" / "own.ini.j2").write_text(TEMPLATE, encoding="utf-8")
    environment = build_environment([folder / "templates"])
    return load_catalogue([folder / "vendors"], environment), Renderer(environment)


def test_a_vendor_made_of_yaml_and_a_template_gives_its_phone_a_file(tmp_path: Path) -> None:
    catalogue, renderer = _loaded(tmp_path)
    claim = identify("/phone/02AB00000001.ini", {}, "ThrowAway TA v1.2", catalogue)
    assert claim is not None
    assert claim.agent is not None
    assert claim.mac is not None
    match = claim.match_for("throwaway")
    assert match is not None
    vendor = catalogue.named("TAT")
    assert vendor is catalogue.by_mac(claim.mac.bare)
    assert vendor is not None
    settings = {
        "regional": {"timezone": "Asia/Kolkata"},
        "audio": {"codecs": ["G722", "OPUS"]},
        "features": {"dnd_enabled": False},
        "sip": {"port": 5070},
    }
    found = translate(vendor, claim.agent.model, resolve([Layer("device", settings)]), [line(1)], claim.mac)
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
