"""Provisioning and download URLs."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.values import affix
from provserver.rendering.converters.views import Scope, Tables

_PORTS = {"http": 80, "https": 443, "tftp": 69, "ftp": 21}
_ENDS_AN_OPTION = re.compile(r"[\s\"\[\]]")
_ENDS_A_RULE = re.compile(r"[\s|]")


@converter(takes=("slash",))
def folder_url(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """A URL with a trailing slash, for phones that append the file name; with `slash: false` without one."""
    return str(value).rstrip("/") + ("/" if arguments.get("slash", True) else "")


@converter("name")
def file_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The provisioning URL with this device's file `name`, in which {mac} and {MAC} are filled in.

    A file's URL is kept.
    """
    if not value.endswith("/"):
        return str(value)
    name = scope.mac.spelled_in(str(arguments["name"]))
    return f"{value}{name}"


@converter("name", "options", takes=("kept",))
def rule_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """Like `file_url`, preceded by `options` in brackets: `[--uid name --pwd word] https://...`.

    `options`: option -> setting with its value; an option is omitted if the setting is not set or cannot be written.
    `kept`: options that refer to a variable of the phone, `--key $SA`, each with the setting that fills it. Any other
    `$` is doubled, because it would start a variable.
    """
    url = str(file_url(value, scope, arguments))
    if _ENDS_A_RULE.search(url):
        raise Inexpressible("the phones take no URL with a blank or | in it")
    told = {option: scope.settings.get(path) for option, path in arguments["options"].items()}
    options = [
        *(option for option, path in arguments.get("kept", {}).items() if scope.settings.get(path)),
        *(f"{option} {_doubled(text)}" for option, text in told.items() if text and not _ENDS_AN_OPTION.search(text)),
    ]
    return f"[{' '.join(options)}] {_doubled(url)}" if options else _doubled(url)


def _doubled(text: str) -> str:
    return text.replace("$", "$$")


@converter()
def option_is_told(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> None:
    """Writes nothing: `rule_url` contains it as an option.

    Reports a value with a character that would end the option.
    """
    if _ENDS_AN_OPTION.search(value):
        raise Inexpressible("the phones take it without blanks, quotation marks and brackets only")


@converter(takes=("before", "after"))
def url_name(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The file name at the end of a URL, between `before` and `after`; nothing if the URL has none."""
    name = unquote(urlsplit(value).path.rpartition("/")[2])
    if not name.isprintable() or name != name.strip():
        raise Inexpressible("the file at the end of the URL has a name that no phone can take")
    return affix(name, scope, arguments) if name else None


@converter("scheme_by", "schemes", "port_by")
def server_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """A host as URL; the setting `scheme_by` selects its scheme from `schemes`, the setting `port_by` is its port.

    If neither is set, only the host.
    """
    name, port = scope.settings.get(arguments["scheme_by"]), scope.settings.get(arguments["port_by"])
    host = f"[{value}]" if ":" in value else str(value)
    if name is None and port is None:
        return str(value)
    start = arguments["schemes"].get(name, next(iter(arguments["schemes"].values())))
    return f"{start}://{host}:{port}" if port else f"{start}://{host}"


@converter(takes=("http", "https", "tftp", "ftp"))
def scheme(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The argument named like the scheme of a URL."""
    name = value.partition("://")[0].lower()
    if name not in arguments:
        raise Inexpressible(f"the phones cannot fetch by {name}")
    return str(arguments[name])


@converter("part", "scheme", "beside")
def url_part(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """A `part` of a URL with this `scheme`: host, port, or path without a trailing slash.

    Nothing for the schemes in `beside`, which have parameters of their own.
    """
    url = urlsplit(value)
    if url.scheme in arguments["beside"]:
        return None
    if url.scheme != arguments["scheme"]:
        raise Inexpressible(f"the phones cannot fetch by {url.scheme}")
    port = url.port or _PORTS[url.scheme]
    return {"host": url.hostname or "", "port": str(port), "path": url.path.rstrip("/") or "/"}[arguments["part"]]
