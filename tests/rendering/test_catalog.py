"""A mistake in a vendor file is told at start with file, line and key: never by a phone, and never one at a time."""

from pathlib import Path
from typing import Any

import pytest

from provserver.domain.button_types import ButtonType
from provserver.domain.errors import BadConfiguration
from provserver.rendering.catalog import load_catalogue
from provserver.rendering.environment import build_environment

from .workshop import FILE, UNSUPPORTED, Workshop, source

AGENT = {"pattern": r"acme-(?P<model>\w+)/(?P<firmware>[\d.]+)( <mac>)?"}


def _mistakes(workshop: Workshop) -> list[str]:
    with pytest.raises(BadConfiguration) as failure:
        workshop.load()
    return [line.removeprefix(f"{workshop.vendors}/") for line in failure.value.message.splitlines()]


def _line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if text in line)


def _settings(**changes: Any) -> dict[str, Any]:
    return {"settings": {name.replace("__", "."): value for name, value in changes.items()}}


def _keys(types: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    area = {"parameters": {"key{key}.kind": "{kind}"}, **changes.pop("area", {})}
    told = {**dict.fromkeys(map(str, ButtonType), UNSUPPORTED), **(types or {"dnd": {"kind": "dnd"}})}
    return {
        "buttons": {"areas": {"rows": area}, "types": told, **changes},
        "models": {"A1": {"lines": 1, "keys": 2}},
    }


KEY_MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    (_keys({"teleport": {"kind": "x"}}), "teleport", "buttons.types.teleport"),
    (
        _keys({"dnd": {"kind": "{nobody}"}}),
        "dnd:",
        "buttons.types.dnd: {nobody}: nobody is nothing that is known there",
    ),
    (_keys({"dnd": {"kind": "{number}"}}), "dnd:", "buttons.types.dnd: {number}: number is nothing that is known"),
    (_keys({"dnd": {"kind": "{line.password}"}}), "dnd:", "buttons.types.dnd: {line.password} is a secret"),
    (
        _keys({"dnd": {"kind": "x", "onyl": "A1"}}),
        "types:",
        "buttons.types: the field onyl is in no parameter of any area",
    ),
    (_keys({"dnd": {"kind": "x", "only": ["A9"]}}), "dnd:", "buttons.types.dnd: A9 is neither a model nor a family"),
    (_keys({"dnd": {"kind": "x", "areas": ["moon"]}}), "dnd:", "buttons.types.dnd: moon is no area of buttons"),
    (
        _keys({"dnd": {"kind": "x", "when": {"mode": "a"}}}),
        "dnd:",
        "buttons.types.dnd: mode is nothing that its target has",
    ),
    (
        _keys(area={"parameters": {"k{key:odd}": "{kind}"}}),
        "rows:",
        "buttons.areas.rows: {key:odd}: there is no list odd",
    ),
    (_keys(area={"parameters": {"k{page}": "{kind}"}}), "rows:", "buttons.areas.rows: {page} needs per_page"),
    (_keys(area={"parameters": {"k{1+bell}": "{kind}"}}), "rows:", "buttons.areas.rows: {1+bell}: bell is nothing"),
    (
        _keys() | {"buttons": {"areas": {}, "types": {str(one): UNSUPPORTED for one in ButtonType if one != "dnd"}}},
        "types:",
        "buttons.types: dnd has no form, and is not said to be unsupported",
    ),
    (_keys({"dnd": {"kind": "x", "unsupported": "no"}}), "dnd:", "buttons.types.dnd"),
    (_keys() | {"no_buttons": "none"}, "no_buttons:", "no_buttons: there are buttons"),
    ({"no_buttons": None}, "vendor:", "buttons: is not there, and no_buttons does not say why"),
    (_keys(area={"size": 1}), "A1", "models.A1: has 2 keys, but its areas of buttons take 1"),
    (_keys(area={"size": 1, "modules": True}), "rows:", "buttons.areas.rows: size is that of the phone's own areas"),
    (_keys() | {"models": {"A1": {"keys": {"moon": 3}}}}, "keys:", "models.A1.keys: moon is no area of buttons"),
]
"""Mistakes in what keys become."""

MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"modles": {}}, "modles", "modles: Extra inputs are not permitted"),
    ({"evidence": "hearsay"}, "evidence", "evidence: Input should be 'vendor_guide'"),
    ({"mac_prefixes": {"02000A": {}}}, "02000A", "mac_prefixes.02000A"),
    ({"proofs": ["token", "charm"]}, "proofs", "proofs: charm is no proof"),
    ({"user_agents": [{"pattern": "("}]}, "pattern: (", "user_agents.0.pattern: is not a regular expression"),
    ({"user_agents": [{"pattern": 5}]}, "pattern: 5", "user_agents.0.pattern: is not text"),
    (
        {"user_agents": [AGENT | {"examples": [{"agent": "bell"}]}]},
        "- pattern: acme",
        "user_agents.0: its example does not match: bell",
    ),
    (
        {"user_agents": [AGENT | {"examples": [{"agent": "acme-A1/7", "model": "A2", "firmware": "7"}]}]},
        "- pattern: acme",
        "user_agents.0: reads {'model': 'A1', 'firmware': '7', 'mac': None} from its example acme-A1/7",
    ),
    (
        {"user_agents": [AGENT | {"examples": [{"agent": "acme-A1/7 0200001a2b3c", "model": "A1", "firmware": "7"}]}]},
        "- pattern: acme",
        "user_agents.0: reads the MAC 0200001a2b3c from its example",
    ),
    (_settings(sip__prot="x"), "sip.prot", "settings.sip.prot: is not a name of the vocabulary"),
    (_settings(sip__port={"to": "x", "unsupported": "y"}), "sip.port", "settings.sip.port: must say exactly one of"),
    (_settings(sip__port=[{"to": "x"}, {"too": "y"}]), "too: y", "settings.sip.port.1.too: Extra inputs"),
    (
        _settings(sip__port={"to": "x", "convert": "magic"}),
        "sip.port",
        "settings.sip.port: there is no converter magic; known are add, affix, ",
    ),
    (
        _settings(sip__port={"to": "x", "convert": "lookup", "arguments": {"table": "none"}}),
        "sip.port",
        "settings.sip.port: there is no table none in this file",
    ),
    (
        _settings(sip__port={"to": "x", "convert": "lookup"}),
        "sip.port",
        "settings.sip.port: lookup needs the argument table",
    ),
    (
        _settings(sip__port={"to": "x", "convert": "affix", "arguments": {"befor": "a"}}),
        "sip.port",
        "settings.sip.port: affix takes no argument befor",
    ),
    (
        _settings(regional__timezone={"to": "x", "convert": "utc_text", "arguments": {"text": "GMT{hour}"}}),
        "regional.timezone",
        "settings.regional.timezone: text: {hour} is none of sign, hours, minutes, decimal",
    ),
    (
        _settings(regional__timezone={"to": "x", "convert": "utc_text", "arguments": {"text": "GMT{"}}),
        "regional.timezone",
        "settings.regional.timezone: text: ",
    ),
    (
        _settings(sip__port={"to": "x", "arguments": {"by": 2}}),
        "sip.port",
        "settings.sip.port: arguments are for a converter, and there is none",
    ),
    (
        _settings(sip__port={"to": "x", "convert": "utc_seconds", "arguments": {"unless_in": ["zones", "none"]}})
        | {"tables": {"zones": {}}},
        "sip.port",
        "settings.sip.port: there is no table none in this file",
    ),
    (
        _settings(regional__timezone={"to": "x", "convert": "zone_code", "arguments": {"table": "zones"}})
        | {"tables": {"zones": {"Europe/Berlin": "1", "Europe/Atlantis": "2"}}},
        "regional.timezone",
        "settings.regional.timezone: Europe/Atlantis of the table zones is not an IANA time zone",
    ),
    (
        _settings(sip__transport={"to": "x", "values": {"udp": "0", "UDP": "1"}}),
        "sip.transport",
        "settings.sip.transport: UDP is no value of it",
    ),
    (
        _settings(features__dnd_enabled={"to": "x", "values": {"true": "1", "on": "1"}}),
        "features.dnd_enabled",
        "settings.features.dnd_enabled: on is no value of it",
    ),
    (
        _settings(audio__codecs={"list": {"names": {"PCMU": "0", "ulaw": "0"}, "to": "x"}}),
        "audio.codecs",
        "settings.audio.codecs: ulaw is no value of it",
    ),
    (
        _settings(sip__port={"carried_by": "sip.prot"}),
        "sip.port",
        "settings.sip.port: sip.prot, which should carry it, is not mapped",
    ),
    (
        _settings(sip__port={"to": "x", "only": ["B7"]}),
        "sip.port",
        "settings.sip.port: B7 is neither a model nor a family",
    ),
    (
        {"check_sync": {"resync": "a", "reboot": "b", "exceptions": {"B7": {"resync": "a", "reboot": "b"}}}},
        "B7:",
        "check_sync.exceptions.B7: B7 is neither a model nor a family",
    ),
    (
        {"constants": [{"to": "x", "value": "1", "excluding": ["B7"]}]},
        "constants",
        "constants: B7 is neither a model nor a family",
    ),
    ({"unused_lines": [{"to": "x", "value": "1", "only": ["B7"]}]}, "unused_lines", "unused_lines: B7 is neither"),
    ({"families": {"big": ["B7"]}}, "big", "families.big: B7 is not a model of this file"),
    (
        {"models": {"A1": {"also": ["A2"]}, "A2": {}}},
        "models",
        "models: a2 is the spelling of more than one model",
    ),
    (
        {"models": {"A1": {"files": {"firmware": "x"}}}},
        "firmware",
        "models.A1.files.firmware: there is no such rule under files",
    ),
    ({"models": {"A1": {"lines": -1}}}, "lines: -1", "models.A1.lines: Input should be greater than or equal to 0"),
    ({"files": [FILE, FILE]}, "files", "files: own is the id of more than one rule"),
    (
        {"files": [FILE | {"template": "none.j2"}]},
        "template",
        "files.0.template: templates/acme/none.j2: TemplateNotFound: ",
    ),
    (
        {"files": [{"id": "a", "pattern": "a", "scope": "common", "provisions": True}]},
        "- id: a",
        "files.0: only a device's own file with a template can provision",
    ),
    (
        {"files": [FILE | {"scope": "common"}]},
        "- id: own",
        "files.0: only a device's own file with a template can provision",
    ),
    (
        {"files": [FILE | {"pattern": "own.cfg"}]},
        "- id: own",
        "files.0: a device's own file needs <mac> or <ipei> in its pattern, or query: true, or by_agent: true",
    ),
    ({"files": [FILE | {"pattern": "["}]}, "pattern: '['", "files.0.pattern: is not a regular expression"),
]


@pytest.mark.parametrize(
    ("change", "at", "message"),
    [*MISTAKES, *KEY_MISTAKES],
    ids=[message for _, _, message in (*MISTAKES, *KEY_MISTAKES)],
)
def test_a_mistake_is_told_with_file_line_and_key(
    workshop: Workshop, change: dict[str, Any], at: str, message: str
) -> None:
    path = workshop.write(**change)
    (told,) = _mistakes(workshop)
    assert told.startswith(f"acme.yaml:{_line_of(path, at)}: {message}"), told


def test_a_setting_that_is_left_out_is_missed(workshop: Workshop) -> None:
    """It would silently never reach a phone of this vendor."""
    settings = source()["settings"]
    del settings["sip.port"]
    text = str(source() | {"settings": settings}).replace("None", "null").replace("True", "true")
    (workshop.vendors / "acme.yaml").write_text(text)
    workshop.template("acme/own.cfg.j2", "")
    assert _mistakes(workshop) == ["acme.yaml:1: settings: sip.port is neither mapped nor said to be unsupported"]


@pytest.mark.parametrize("prefix", ["001565", "00:15:65", "001565:"])
def test_a_prefix_without_quotes_is_not_silently_another_number(workshop: Workshop, prefix: str) -> None:
    path = workshop.write(mac_prefixes={"0a0a0a": {}})
    path.write_text(path.read_text().replace("0a0a0a", prefix.removesuffix(":"), 1))
    line = _line_of(path, prefix.removesuffix(":"))
    (told,) = _mistakes(workshop)
    assert told.startswith(f"acme.yaml:{line}: ")
    assert "put it in quotes" in told


@pytest.mark.parametrize("template", ["{{ 1 }}\n{% for %}\n", "\n{{ x", "a\n{% nothing %}"])
def test_a_template_that_cannot_be_read_is_told_with_its_own_line(workshop: Workshop, template: str) -> None:
    workshop.write(template=template)
    (told,) = _mistakes(workshop)
    assert "files.0.template: templates/acme/own.cfg.j2:2: " in told


def test_a_template_that_is_not_text_is_told(workshop: Workshop) -> None:
    workshop.write(template=b"\xff\xfe")
    (told,) = _mistakes(workshop)
    assert told.endswith("files.0.template: templates/acme/own.cfg.j2: is not UTF-8 text")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "acme.yaml:1: Input should be"),
        ("- a\n", "acme.yaml:1: Input should be"),
        ("vendor: acme\nname: Acme\n", "acme.yaml:1: evidence: Field required"),
        ("a: [\n", "acme.yaml:2: not readable as YAML"),
        ("a: 1\na: 2\n", "acme.yaml:2: a: the key stands here twice"),
    ],
)
def test_a_file_of_another_shape_is_told(workshop: Workshop, text: str, message: str) -> None:
    (workshop.vendors / "acme.yaml").write_text(text)
    assert _mistakes(workshop)[0].startswith(message)


def test_a_file_that_is_not_text_is_told(workshop: Workshop) -> None:
    (workshop.vendors / "acme.yaml").write_bytes(b"\xff")
    (workshop.vendors / "bell.yaml").mkdir()
    assert _mistakes(workshop) == ["acme.yaml: is not UTF-8 text", "bell.yaml: cannot be read: Is a directory"]


def test_a_vendor_is_called_as_its_file(workshop: Workshop) -> None:
    path = workshop.write()
    path.rename(workshop.vendors / "bell.yaml")
    assert _mistakes(workshop) == ["bell.yaml:1: vendor: must be bell, as the file is named"]


def test_two_vendors_cannot_claim_the_same_block_or_name(workshop: Workshop) -> None:
    """Which of them a phone gets would depend on the order of files."""
    workshop.write("acme", aliases=["Phones"])
    workshop.write("bell", aliases=["phones", "ACME", "bell"])
    assert _mistakes(workshop) == [
        "bell.yaml: mac_prefixes: 020000 is also claimed by acme.yaml",
        "bell.yaml: aliases: phones also names acme.yaml",
        "bell.yaml: aliases: acme also names acme.yaml",
    ]


def test_a_block_may_be_shared_with_the_vendor_who_makes_the_phones(workshop: Workshop) -> None:
    """A rebrand comes in its maker's block: without a word of the phone, or of the record, it is the maker's."""
    workshop.write("acme", mac_prefixes={"020000": {"shared": True}, "020000aa": {}})
    workshop.write("bell")
    catalogue = workshop.load()
    for mac, owner in (("020000112233", "bell"), ("020000aa2233", "acme")):
        found = catalogue.by_mac(mac)
        assert found is not None
        assert found.vendor == owner


def test_a_start_compiles_own_templates_and_trusts_those_that_were_released(tmp_path: Path) -> None:
    """An operator's broken template stops the start; hundreds of shipped ones do not make it slow."""
    own, released = Workshop(tmp_path / "own"), Workshop(tmp_path / "released")
    released.write("acme", template="{% broken %}")
    folders, templates = [own.vendors, released.vendors], [own.templates, released.templates]
    assert load_catalogue(folders, build_environment(templates), released=released.templates).dialects
    with pytest.raises(BadConfiguration, match="unknown tag 'broken'"):
        load_catalogue(folders, build_environment(templates))
    own.template("acme/own.cfg.j2", "{% broken %}")
    with pytest.raises(BadConfiguration, match="unknown tag 'broken'"):
        load_catalogue(folders, build_environment(templates), released=released.templates)


def test_all_mistakes_of_all_files_are_told_at_once(workshop: Workshop) -> None:
    workshop.write("acme", proofs=["charm"], families={"big": ["B7"]})
    workshop.write("bell", mac_prefixes={"020001": {}}, proofs=["luck"])
    (workshop.vendors / "cisco.yaml").write_text("a: [\n")
    assert [told.partition(":")[0] for told in _mistakes(workshop)] == [
        "acme.yaml",
        "acme.yaml",
        "bell.yaml",
        "cisco.yaml",
    ]


def test_no_vendor_at_all_is_a_mistake(workshop: Workshop) -> None:
    with pytest.raises(BadConfiguration, match="no vendor files in "):
        workshop.load()


def test_an_overlays_vendor_file_replaces_the_shipped_one(tmp_path: Path) -> None:
    """An operator mends a vendor without touching the package."""
    own, base = Workshop(tmp_path / "own"), Workshop(tmp_path / "base")
    own.write(**_settings(sip__port="own"))
    base.write(**_settings(sip__port="base"))
    base.write("bell", mac_prefixes={"020001": {}})
    environment = build_environment([own.templates, base.templates])
    catalogue = load_catalogue([own.vendors, tmp_path / "not-there", base.vendors], environment)
    assert set(catalogue.dialects) == {"acme", "bell"}
    assert catalogue.dialects["acme"].settings["sip.port"][0].to == ("own",)


def test_the_digest_changes_with_anything_a_file_is_made_from(workshop: Workshop) -> None:
    """It is part of every phone's stamp: unchanged, caches would go on serving the old file after an update."""
    workshop.write(template="a")
    first = workshop.load().digest
    assert workshop.load().digest == first
    workshop.template("acme/own.cfg.j2", "b")
    second = workshop.load().digest
    workshop.template("acme/included.j2", "c")
    third = workshop.load().digest
    workshop.write(template="b", name="Acme Phones")
    assert len({first, second, third, workshop.load().digest}) == 4
    workshop.template("nobody/own.cfg.j2", "x")
    workshop.template("acme/editor.swp", b"\xff")
    assert workshop.load().digest == workshop.load().digest
