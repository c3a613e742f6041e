"""Provisioning and download URLs."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from provserver.rendering.converters.registry import Inexpressible, Scope, Tables, converter
from provserver.rendering.converters.values import affix

_PORTS = {"http": 80, "https": 443, "tftp": 69, "ftp": 21}
_ENDS_AN_OPTION = re.compile(r"[\s\"\[\]]")
_ENDS_A_RULE = re.compile(r"[\s|]")


@converter(takes=("slash",))
def folder_url(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """A URL that ends in a slash, for phones that add the file name themselves; with `slash: false` it has none."""
    return str(value).rstrip("/") + ("/" if arguments.get("slash", True) else "")


@converter("name")
def file_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """The folder's URL with this device's file `name`, in which {mac} and {MAC} are replaced; a file's URL stays."""
    if not value.endswith("/"):
        return str(value)
    name = scope.mac.spelled_in(str(arguments["name"]))
    return f"{value}{name}"


@converter("name", "options", takes=("kept",))
def rule_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """As `file_url`, after `options` in brackets: `[--uid name --pwd word] https://...`.

    `options` are the setting that each of them tells; one whose setting is not set, or cannot be told, is left out.
    `kept` are options that name a variable of the phone, `--key $SA`, each by the setting that fills it. Elsewhere a
    `$` is doubled, as it would begin a variable.
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
    """Nothing is written: `rule_url` tells it as an option, unless it holds a character that ends one."""
    if _ENDS_AN_OPTION.search(value):
        raise Inexpressible("the phones take it without blanks, quotation marks and brackets only")


@converter(takes=("before", "after"))
def url_name(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The file name at the end of a URL, between `before` and `after`; nothing where the URL has none."""
    name = unquote(urlsplit(value).path.rpartition("/")[2])
    if not name.isprintable() or name != name.strip():
        raise Inexpressible("the file at the end of the URL has a name that no phone can take")
    return affix(name, scope, arguments) if name else None


@converter("scheme_by", "schemes", "port_by")
def server_url(value: Any, scope: Scope, arguments: Mapping[str, Any]) -> str:
    """A host with the scheme that `schemes` has for the setting `scheme_by`, and the port that `port_by` is.

    Where neither is set it is the host alone.
    """
    name, port = scope.settings.get(arguments["scheme_by"]), scope.settings.get(arguments["port_by"])
    host = f"[{value}]" if ":" in value else str(value)
    if name is None and port is None:
        return str(value)
    start = arguments["schemes"].get(name, next(iter(arguments["schemes"].values())))
    return f"{start}://{host}:{port}" if port else f"{start}://{host}"


@converter(takes=("http", "https", "tftp", "ftp"))
def scheme(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """What the arguments say for the scheme of a URL."""
    name = value.partition("://")[0].lower()
    if name not in arguments:
        raise Inexpressible(f"the phones cannot fetch by {name}")
    return str(arguments[name])


@converter("part", "scheme", "beside")
def url_part(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """A `part` of a URL of this `scheme`: host, port, or path without a slash at its end.

    Nothing is written for the schemes `beside`, which have parameters of their own.
    """
    url = urlsplit(value)
    if url.scheme in arguments["beside"]:
        return None
    if url.scheme != arguments["scheme"]:
        raise Inexpressible(f"the phones cannot fetch by {url.scheme}")
    port = url.port or _PORTS[url.scheme]
    return {"host": url.hostname or "", "port": str(port), "path": url.path.rstrip("/") or "/"}[arguments["part"]]
