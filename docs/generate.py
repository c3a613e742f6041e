"""Write the pages that are derived from the program; with `--check` only tell which of them are out of date.

Run it in the environment provserver is installed in: `python docs/generate.py [--check]`.
"""

import sys
from collections.abc import Callable, Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, TypeGuard, get_args

import click
from pydantic import BaseModel
from pydantic.functional_validators import AfterValidator

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # run as a script, its neighbours are not found otherwise

from docs.markdown_text import NONE, code, page, prose, table  # noqa: E402
from docs.vendor_pages import coverage, models, vendor_pages  # noqa: E402
from provserver.cli.main import main as command_line  # noqa: E402
from provserver.config import Config  # noqa: E402
from provserver.domain.defaults import GLOBAL_DEFAULTS  # noqa: E402
from provserver.domain.settings import Abstractions  # noqa: E402
from provserver.domain.texts import (  # noqa: E402
    check_country,
    check_host,
    check_host_port,
    check_language,
    check_timezone,
    check_url,
)
from provserver.domain.vocabulary import SETTINGS, Setting, flatten  # noqa: E402
from provserver.rendering.converters import ARGUMENTS, CONVERTERS  # noqa: E402
from provserver.rendering.converters.registry import Arguments  # noqa: E402


def configuration() -> str:
    """docs/configuration.md: every key of the configuration."""
    parts = [
        "# Configuration\n",
        prose("""
            One YAML file, every key optional. `--config FILE` names it, else the variable `PROVSERVER_CONFIG`, else it
            is `config.yaml` in the current folder where there is one. A variable overrides the file; a list is written
            with commas in it. Unknown keys are refused by name, and `provserver check` names the line of every mistake.
            `provserver init` writes this file with comments; relative paths count from the folder provserver runs in.
        """),
        table(("key", "variable", "default", "meaning"), _config_rows("", Config)),
    ]
    for name, field in Config.model_fields.items():
        if _is_model(field.annotation):
            rows = _config_rows(f"{name}.", field.annotation)
            parts += [
                f"## {name}\n",
                f"{field.annotation.__doc__}\n",
                table(("key", "variable", "default", "meaning"), rows),
            ]
    return page(parts)


def _config_rows(prefix: str, section: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in section.model_fields.items():
        if _is_model(field.annotation):
            if prefix:  # a section inside a section has its rows there
                yield from _config_rows(f"{prefix}{name}.", field.annotation)
        else:
            key = prefix + name
            variable = "PROVSERVER_" + key.upper().replace(".", "__")
            yield code(key), code(variable), _default(field.default), field.description or ""


def _default(value: Any) -> str:
    if value is None or value == ():
        return NONE
    return code(", ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def commands() -> str:
    """docs/commands.md: every command with its arguments and options."""
    parts = [
        "# Commands\n",
        prose("""
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
            (code(" ".join([*option.opts, *([option.metavar] if option.metavar else [])])), option.help or "")
            for option in command.params
            if isinstance(option, click.Option)
        ]
        if options:
            parts.append(table(("option", "meaning"), options))
    return page(parts)


def _commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        elif command:
            yield f"{path} {name}", command


_WORDS: dict[Callable[..., Any], str] = {
    check_host: "host name or address",
    check_host_port: "host or host:port",
    check_url: "URL",
    check_timezone: "IANA time zone",
    check_language: "BCP 47 tag",
    check_country: "ISO 3166-1 code",
}


def settings() -> str:
    """docs/settings.md: every setting of the vocabulary."""
    defaults = flatten(GLOBAL_DEFAULTS)
    secrets = sum(setting.secret for setting in SETTINGS.values())
    parts = [
        "# Settings\n",
        prose(f"""
            The {len(SETTINGS)} names under `abstractions`, which mean the same for every vendor. A setting that no
            layer names has the default here; without a default nothing is written and the phone's own holds. What each
            vendor makes of them is in [coverage](coverage.md). {secrets} are secrets: sealed in the database, masked in
            answers.
        """),
    ]
    for group in dict.fromkeys(path.rpartition(".")[0] for path in SETTINGS):
        rows = [
            (
                code(path),
                _type(setting),
                setting.unit or NONE,
                _shown(defaults[path]) if path in defaults else NONE,
                setting.meaning + (" **secret**" if setting.secret else ""),
            )
            for path, setting in SETTINGS.items()
            if path.rpartition(".")[0] == group
        ]
        parts += [
            f"## {group}\n",
            f"{_group(group).__doc__}\n",
            table(("setting", "type", "unit", "default", "meaning"), rows),
        ]
    return page(parts)


def _type(setting: Setting) -> str:
    schema = setting.schema
    if "enum" in schema:
        return ", ".join(map(code, schema["enum"]))
    match schema.get("type"):
        case "boolean":
            return "`true`, `false`"
        case "integer":
            return f"{schema['minimum']} to {schema['maximum']}"
        case "array":
            return f"1 to {schema['maxItems']} of: {', '.join(map(code, schema['items']['enum']))}"
        case _:
            return _text_type(setting)


def _text_type(setting: Setting) -> str:
    *groups, name = setting.path.split(".")
    annotation = _group(".".join(groups)).model_fields[name].annotation
    checks = [item.func for kind in get_args(annotation) for item in get_args(kind) if isinstance(item, AfterValidator)]
    word = next((_WORDS[check] for check in checks if check in _WORDS), "text")
    pattern = setting.schema.get("pattern")
    longest = setting.schema.get("maxLength")
    told = [word, f"like {code(pattern)}" if pattern else "", f"up to {longest} characters" if longest else ""]
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
        (code(name), _arguments(ARGUMENTS[name]), cleandoc(function.__doc__ or ""))
        for name, function in sorted(CONVERTERS.items())
    )
    return page(
        [
            "# Converters\n",
            prose("""
                What a table of a vendor file cannot say: `convert` names one of these, and `arguments` are given to it.
                Arguments in brackets may be left out; `table` and the like name tables of the same file.
            """),
            table(("converter", "arguments", "writes"), rows),
        ]
    )


def _arguments(known: Arguments) -> str:
    return ", ".join((*map(code, known.needs), *(f"[{code(name)}]" for name in known.takes)))


def _is_model(kind: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(code, value))
    return code(str(value).lower() if isinstance(value, bool) else str(value))


PAGES: dict[str, Callable[[], str]] = {
    "configuration.md": configuration,
    "commands.md": commands,
    "settings.md": settings,
    "converters.md": converters,
    "coverage.md": coverage,
    "models.md": models,
    **vendor_pages(),
}


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them; 1 where one is out of date."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: generate.py [--check]\n")
        return 2
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not arguments:
                path.write_text(text, encoding="utf-8")
    for path in DOCS.glob("coverage/*.md"):
        if f"coverage/{path.name}" not in PAGES:
            stale.append(f"coverage/{path.name}, of a vendor file that is gone,")
            if not arguments:
                path.unlink()
    for name in stale:
        sys.stderr.write(f"docs/{name} {'is out of date: run python docs/generate.py' if arguments else 'written'}\n")
    return 1 if arguments and stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
