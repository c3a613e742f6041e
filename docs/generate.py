"""Write the pages that are derived from the program; with `--check` only tell which of them are out of date.

Run it in the environment provserver is installed in: `python docs/generate.py [--check]`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from textwrap import fill
from typing import Any, get_args

import click
from pydantic import BaseModel
from pydantic.functional_validators import AfterValidator

from provserver.cli.main import main as command_line
from provserver.config import Config
from provserver.domain.coverage import coverage_of
from provserver.domain.device import DeviceType
from provserver.domain.facts import Evidence
from provserver.domain.settings import GLOBAL_DEFAULTS, Abstractions
from provserver.domain.texts import check_host, check_host_port, check_language, check_timezone, check_url
from provserver.domain.vendor import Model, Vendor
from provserver.domain.vocabulary import VOCABULARY, Setting, flatten
from provserver.rendering.converters import ARGUMENTS, CONVERTERS
from provserver.rendering.converters.registry import Arguments
from provserver.server import load_vendors

DOCS = Path(__file__).resolve().parent
_MADE = "<!-- Made by docs/generate.py; changes belong into what it is made from. -->\n"
_NONE = ""


def configuration() -> str:
    """docs/configuration.md: every key of the configuration."""
    parts = [
        "# Configuration\n",
        _prose("""
            One YAML file, every key optional. `--config FILE` names it, else the variable `PROVSERVER_CONFIG`, else it
            is `config.yaml` in the current folder where there is one. A variable overrides the file; a list is written
            with commas in it. Unknown keys are refused by name, and `provserver check` names the line of every mistake.
            `provserver init` writes this file with comments; relative paths count from the folder provserver runs in.
        """),
        _table(("key", "variable", "default", "meaning"), _config_rows("", Config)),
    ]
    for name, field in Config.model_fields.items():
        if _is_model(field.annotation):
            rows = _config_rows(f"{name}.", field.annotation)
            parts += [
                f"## {name}\n",
                f"{field.annotation.__doc__}\n",
                _table(("key", "variable", "default", "meaning"), rows),
            ]
    return _page(parts)


def _config_rows(prefix: str, section: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        if _is_model(field.annotation):
            if prefix:  # a section inside a section has its rows there
                yield from _config_rows(f"{prefix}{name}.", field.annotation)
        else:
            key = prefix + name
            variable = "PROVSERVER_" + key.upper().replace(".", "__")
            yield _code(key), _code(variable), _default(field.default), field.description or ""


def _default(value: Any) -> str:
    if value is None or value == ():
        return _NONE
    return _code(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def commands() -> str:
    """docs/commands.md: every command with its arguments and options."""
    parts = [
        "# Commands\n",
        _prose("""
            Failures are told on stderr with exit code 1; a command that is used wrongly exits with 2. Without
            `--config` a command takes the file that the variable `PROVSERVER_CONFIG` names, else `config.yaml` in the
            current folder where there is one, else defaults.
        """),
    ]
    for name, command in _commands(command_line, "provserver"):
        context = click.Context(command, info_name=name)
        parts += [f"## {name}\n", f"    {name} {' '.join(command.collect_usage_pieces(context))}\n"]
        parts.append(cleandoc(command.help or "") + "\n")
        options = [
            (_code(" ".join([*option.opts, *([option.metavar] if option.metavar else [])])), option.help or "")
            for option in command.params
            if isinstance(option, click.Option)
        ]
        if options:
            parts.append(_table(("option", "meaning"), options))
    return _page(parts)


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


_WORDS: dict[Callable[..., Any], str] = {
    check_host: "host name or address",
    check_host_port: "host or host:port",
    check_url: "URL",
    check_timezone: "IANA time zone",
    check_language: "BCP 47 tag",
}


def settings() -> str:
    """docs/settings.md: every setting of the vocabulary."""
    defaults = flatten(GLOBAL_DEFAULTS)
    secrets = sum(setting.secret for setting in VOCABULARY.values())
    parts = [
        "# Settings\n",
        _prose(f"""
            The {len(VOCABULARY)} names under `abstractions`, which mean the same for every vendor. A setting that no
            layer names has the default here; without a default nothing is written and the phone's own holds. What each
            vendor makes of them is in [coverage](coverage.md). {secrets} are secrets: sealed in the database, masked in
            answers.
        """),
    ]
    for group in dict.fromkeys(path.rpartition(".")[0] for path in VOCABULARY):
        rows = [
            (
                _code(path),
                _type(setting),
                setting.unit or _NONE,
                _shown(defaults[path]) if path in defaults else _NONE,
                setting.meaning + (" **secret**" if setting.secret else ""),
            )
            for path, setting in VOCABULARY.items()
            if path.rpartition(".")[0] == group
        ]
        parts += [
            f"## {group}\n",
            f"{_group(group).__doc__}\n",
            _table(("setting", "type", "unit", "default", "meaning"), rows),
        ]
    return _page(parts)


def _type(setting: Setting) -> str:
    schema = setting.schema
    if "enum" in schema:
        return ", ".join(map(_code, schema["enum"]))
    match schema.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"{schema['minimum']} to {schema['maximum']}"
        case "array":
            return f"1 to {schema['maxItems']} of: {', '.join(map(_code, schema['items']['enum']))}"
        case _:
            return _text_type(setting)


def _text_type(setting: Setting) -> str:
    *groups, name = setting.path.split(".")
    annotation = _group(".".join(groups)).model_fields[name].annotation
    checks = [item.func for kind in get_args(annotation) for item in get_args(kind) if isinstance(item, AfterValidator)]
    word = next((_WORDS[check] for check in checks if check in _WORDS), "text")
    pattern = setting.schema.get("pattern")
    longest = setting.schema.get("maxLength")
    told = [word, f"like {_code(pattern)}" if pattern else "", f"up to {longest} characters" if longest else ""]
    return ", ".join(filter(None, told))


def _group(path: str) -> type[BaseModel]:
    """The model of a group, `network.dot1x` for example."""
    model: type[BaseModel] = Abstractions
    for name in path.split("."):
        model = next(kind for kind in get_args(model.model_fields[name].annotation) if _is_model(kind))
    return model


def converters() -> str:
    """docs/converters.md: every named converter with its arguments."""
    rows = (
        (_code(name), _arguments(ARGUMENTS[name]), cleandoc(function.__doc__ or ""))
        for name, function in sorted(CONVERTERS.items())
    )
    return _page(
        [
            "# Converters\n",
            _prose("""
                What a table of a vendor file cannot say: `convert` names one of these, and `arguments` are given to it.
                Arguments in brackets may be left out; `table` and the like name tables of the same file.
            """),
            _table(("converter", "arguments", "writes"), rows),
        ]
    )


def _arguments(known: Arguments) -> str:
    return ", ".join((*map(_code, known.needs), *(f"[{_code(name)}]" for name in known.takes)))


_EVIDENCE = {
    Evidence.VENDOR_GUIDE: "a guide of the vendor says so",
    Evidence.SEVERAL_PROJECTS: "several provisioning projects agree",
    Evidence.ONE_PROJECT: "one provisioning project says so",
    Evidence.UNVERIFIED: "nobody has confirmed it; marked `?`",
}

_MARKS = {
    "yes": "expressed on every model, though perhaps not every value",
    "some models": "expressed on some models",
    "with x": "the parameter of x says it as well, which is a setting or something of the line, such as its user name",
    "no": "not expressed; the reasons are below",
}


def coverage() -> str:
    """docs/coverage.md: settings and models by vendor."""
    catalogue, _ = load_vendors(Config())
    dialects = sorted(catalogue.dialects.values(), key=lambda one: (one.type != DeviceType.DESKPHONE, one.dialect))
    phones = [one for one in dialects if one.is_rendered and one.type is DeviceType.DESKPHONE]
    bases = [one for one in dialects if one.is_rendered and one.type is DeviceType.DECT_BASE]
    parts = [
        "# Coverage\n",
        _prose("""
            What each shipped vendor makes of each setting, and how well that is known. `provserver vendors VENDOR`
            names the parameters; a device's `/settings` tells what its own model makes of them. A vendor whose DECT
            systems speak differently from each other or from its desk phones has several files.
        """),
        _table(("mark", "means"), _MARKS.items()),
        _table(("evidence", "means"), ((_code(evidence), meaning) for evidence, meaning in _EVIDENCE.items())),
        _table(
            ("file", "vendor", "for", "evidence unless said otherwise", "models", "source"),
            (
                (_code(v.dialect), v.name, v.type, _code(v.evidence), str(len(v.models)), v.source or "")
                for v in dialects
            ),
        ),
        "## Settings on desk phones\n",
        _table(("setting", *(vendor.name for vendor in phones)), _coverage_rows(phones)),
        "## Settings on DECT bases\n",
        _table(("setting", *(vendor.dialect for vendor in bases)), _coverage_rows(bases)),
    ]
    for vendor in dialects:
        if vendor.is_rendered:
            parts += [f"## {_title(vendor)}: not expressed\n", _table(("setting", "why"), _reasons(vendor))]
        parts += [f"## {_title(vendor)}: models\n", _models_table(vendor)]
    return _page(parts)


def _title(vendor: Vendor) -> str:
    """The vendor, with the name of the file where it has more than one."""
    return vendor.name if vendor.dialect == vendor.vendor else f"{vendor.name} ({vendor.dialect})"


def _coverage_rows(dialects: Sequence[Vendor]) -> Iterator[tuple[str, ...]]:
    for path in VOCABULARY:
        yield _code(path), *(coverage_of(vendor, path).mark for vendor in dialects)


def _reasons(vendor: Vendor) -> Iterator[tuple[str, str]]:
    for path in VOCABULARY:
        reasons = coverage_of(vendor, path).reasons
        if reasons:
            yield _code(path), "; ".join(dict.fromkeys(reasons))


def _models_table(vendor: Vendor) -> str:
    if vendor.type is DeviceType.DECT_BASE:
        return _table(("model", "handsets", "users per handset", "SIP accounts", "bases", "evidence"), _bases(vendor))
    return _table(("model", "lines", "keys", "expansion modules", "evidence"), _phones(vendor))


def _phones(vendor: Vendor) -> Iterator[tuple[str, ...]]:
    for name, model in vendor.models.items():
        yield name, _count(model.lines), _count(model.keys), _expansion(model), _known_by(vendor, model)


def _bases(vendor: Vendor) -> Iterator[tuple[str, ...]]:
    for name, model in vendor.models.items():
        counts = (model.handsets, model.lines_per_handset, model.lines, model.cells)
        yield name, *map(_count, counts), _known_by(vendor, model)


def _known_by(vendor: Vendor, model: Model) -> str:
    """How well a model is known; one that is only recognised says why it gets no files."""
    if model.not_rendered:
        return f"**recognised only**: {model.not_rendered}"
    return _code(model.evidence or vendor.evidence)


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _expansion(model: Model) -> str:
    return f"{model.expansion.modules}, of {model.expansion.keys} keys" if model.expansion else _NONE


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_code, value))
    return _code(str(value).lower() if isinstance(value, bool) else str(value))


def _code(text: str) -> str:
    return f"`{text}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "&#124;").split())


def _prose(text: str) -> str:
    return fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False) + "\n"


def _page(parts: Iterable[str]) -> str:
    return _MADE + "\n".join(parts)


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "commands.md": commands,
    "settings.md": settings,
    "converters.md": converters,
    "coverage.md": coverage,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 where one is out of date."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: generate.py [--check]\n")
        return 2
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not arguments:
                path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stderr.write(f"docs/{name} {'is out of date: run python docs/generate.py' if arguments else 'written'}\n")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
