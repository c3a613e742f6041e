"""A vendor that nobody has ever made, written the way an operator adds one: a YAML file and a template."""

from pathlib import Path

from provserver.domain.vocabulary import LINE_VALUES, VOCABULARY

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
no_buttons: not looked into yet
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


def write_vendor(folder: Path) -> tuple[Path, Path]:
    """Write it below `folder`; returns the folders of vendor files and of templates."""
    mapped = {"line.username", "line.password", "regional.timezone", "audio.codecs", "features.dnd_enabled"}
    rest = "".join(
        f"  {path}: {{unsupported: it is cheap}}\n" for path in (*VOCABULARY, *LINE_VALUES) if path not in mapped
    )
    vendors, templates = folder / "vendors", folder / "templates"
    vendors.mkdir()
    (templates / "throwaway").mkdir(parents=True)
    (vendors / "throwaway.yaml").write_text(VENDOR + rest, encoding="utf-8")
    (templates / "throwaway" / "own.ini.j2").write_text(TEMPLATE, encoding="utf-8")
    return vendors, templates
