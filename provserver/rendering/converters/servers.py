"""Registrars, proxies and the route of a line's requests."""

from collections.abc import Mapping
from typing import Any

from provserver.domain.texts import split_host_port
from provserver.rendering.converters.registry import Inexpressible, converter
from provserver.rendering.converters.views import Service, Tables


@converter()
def host(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str:
    """The host of `host[:port]`."""
    return split_host_port(value)[0]


@converter(takes=("default",))
def port(value: Any, scope: Tables, arguments: Mapping[str, Any]) -> str | None:
    """The port of `host[:port]`, else `default`, else nothing."""
    found = split_host_port(value)[1] or arguments.get("default")
    return None if found is None else str(found)


@converter()
def hostport(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str:
    """The line's server, with `sip.port` if it is set."""
    number = scope.settings.get("sip.port")
    bracketed = f"[{value}]" if ":" in value and number else value
    return f"{bracketed}:{number}" if number else bracketed


@converter("kind", "rank", "part", takes=("on", "off", "none", "udp", "tcp", "tls", "shared"))
def hop(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str | None:
    """One server of a line or base, for phones that use the registrar's name as the domain of the address of record.

    The first registrar is the domain. A server in front of it is a proxy: `sip.outbound_proxy`, else a server other
    than the domain. `sip.backup_server` is the second server of the same kind. `kind`: registrar or proxy. `rank`: 1 or
    2. `part`: host, port, address (both), switch (`on`, `off`), or untold: nothing is written, and such a server is
    reported as unsupported. `udp`, `tcp` and `tls`: default ports. If there is no such server, `none` or nothing is
    written. `shared`: all lines have one server, and a line with another one is reported.
    """
    if arguments.get("shared"):
        _check_shared(scope)
    found = _hops(scope)[arguments["kind"]][arguments["rank"] - 1 : arguments["rank"]]
    if arguments["part"] == "switch":
        return str(arguments["on"] if found else arguments["off"])
    if not found:
        return str(arguments["none"]) if "none" in arguments else None
    name, number = found[0]
    if arguments["part"] == "untold":
        raise Inexpressible(
            f"the phones have no place for {_joined(name, number)} beside the first {arguments['kind']}"
        )
    if arguments["part"] == "address":
        return _joined(name, number)
    return name if arguments["part"] == "host" else str(number or arguments[scope.settings.get("sip.transport", "udp")])


def _check_shared(scope: Service) -> None:
    domain = scope.settings.get("sip.domain")
    server = scope.settings.get("sip.server") or domain
    if _server_and_domain(scope) != (server, domain or server):
        raise Inexpressible("its lines share one SIP server, that of `sip.domain` and `sip.server`")


def _hops(scope: Service) -> dict[str, list[tuple[str, int | None]]]:
    settings = scope.settings
    usual = settings.get("sip.port")
    server, domain = _server_and_domain(scope)
    outbound, backup = settings.get("sip.outbound_proxy"), settings.get("sip.backup_server")
    second = [(split_host_port(backup)[0], split_host_port(backup)[1] or usual)] if backup else []
    if outbound:
        return {"registrar": [(domain, usual), *second], "proxy": [split_host_port(outbound)]}
    if server != domain:
        return {"registrar": [(domain, None)], "proxy": [(server, usual), *second]}
    return {"registrar": [(domain, usual), *second], "proxy": []}


def _server_and_domain(scope: Service) -> tuple[str, str]:
    """Registrar and domain of the line, or of the server shared by lines of a base."""
    line = scope.line
    server = line.get("line.server") or line["server.address"]
    return server, line.get("line.domain") or line.get("server.domain") or server


@converter(takes=("always",))
def user_at_domain(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str:
    """The user name, followed by `@` and the line's domain if that is not the server, or with `always`."""
    domain = scope.line.get("line.domain")
    alone = domain is None or (domain == scope.line.get("line.server") and not arguments.get("always"))
    return str(value) if alone else f"{value}@{domain}"


@converter()
def registrar(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str:
    """The domain of the address of record, as `host[:port]` with `sip.port` if the domain is also the server."""
    return _joined(value, scope.settings.get("sip.port") if _server_and_domain(scope)[0] == value else None)


@converter()
def server_is_told(value: Any, scope: Service, arguments: Mapping[str, Any]) -> None:
    """Writes nothing: `registrar` and `route` contain the server. Reports one hidden by a proxy."""
    server, domain = _server_and_domain(scope)
    if scope.settings.get("sip.outbound_proxy") and server != domain:
        raise Inexpressible("behind an outbound proxy the phones know no server but the domain")


@converter("join", takes=("transport", "most"))
def route(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str:
    """The servers that requests go through, in order, separated by `join`; at most `most` of them.

    With `transport`, each is followed by that text and the name of the transport.
    """
    hops = _hops(scope)
    turns = [*hops["proxy"], *hops["registrar"][1:]] if hops["proxy"] else hops["registrar"]
    transport = scope.settings.get("sip.transport")
    end = f"{arguments['transport']}{transport}" if transport and "transport" in arguments else ""
    taken = turns[: arguments.get("most")]
    return str(arguments["join"]).join(f"{_joined(name, number)}{end}" for name, number in taken)


def _joined(name: str, number: int | None) -> str:
    bracketed = f"[{name}]" if ":" in name else name
    return f"{bracketed}:{number}" if number else bracketed


@converter()
def shared_by_lines(value: Any, scope: Service, arguments: Mapping[str, Any]) -> str:
    """The line's server or domain, for phones with one for all lines; a line with another one is reported."""
    names = {scope.settings.get("sip.server"), scope.settings.get("sip.domain")} - {None}
    if names and value not in names:
        raise Inexpressible(f"all lines of the phones register with one server, and not with {value} as well")
    return str(value)
