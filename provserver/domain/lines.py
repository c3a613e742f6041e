"""The repeating parts of a phone's file: lines, and on DECT bases also handsets, servers and cells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provserver.domain.device import MulticellRole
from provserver.domain.layers import Resolved
from provserver.domain.mac import Mac
from provserver.domain.occupants import Assigned, Place, Subscriber

_NO_DOMAIN = "no SIP domain is set for this line; set sip.domain"


@dataclass(frozen=True, slots=True)
class Line:
    """One line appearance: number from 1, user, and the values that vendor files map as `line.*`.

    On a DECT base, `number` is that of the SIP account, `slot` and `ipei` are those of the handset, and `resolved` are
    the settings with the handset's overrides.
    """

    number: int
    user_id: str
    values: Mapping[str, Any]
    slot: int | None = None
    ipei: str | None = None
    resolved: Resolved | None = None

    @property
    def username(self) -> str:
        """SIP user name."""
        return str(self.values["line.username"])

    @property
    def display_name(self) -> str:
        """Display name sent with calls."""
        return str(self.values["line.display_name"])

    @property
    def label(self) -> str:
        """Label of the line key."""
        return str(self.values["line.label"])

    @property
    def problem(self) -> str | None:
        """Why the line cannot register, and what to do; None if it is complete."""
        return None if self.values.get("line.domain") else _NO_DOMAIN

    @property
    def places(self) -> dict[str, str]:
        """Values for the placeholders in parameter names."""
        places = {"line": str(self.number), "line0": str(self.number - 1), "line.label": self.label}
        server = self.values.get("line.server_number")
        if server is not None:
            places |= {"server": str(server), "server0": str(server - 1)}
        if "line.handset_line" in self.values:
            places["handset_line"] = str(self.values["line.handset_line"])
        return places | _handset_places(self.slot, self.ipei)


@dataclass(frozen=True, slots=True)
class Handset:
    """A DECT handset on its base. `resolved`: settings with its own overrides, if it has any."""

    slot: int
    ipei: str
    name: str
    accounts: tuple[int, ...] = ()
    resolved: Resolved | None = None

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that vendor files map as `handset.*`."""
        return {
            "handset.slot": self.slot,
            "handset.ipei": self.ipei,
            "handset.name": self.name,
            "handset.accounts": ",".join(map(str, self.accounts)),
        }

    @property
    def places(self) -> dict[str, str]:
        """Values for the placeholders in parameter names."""
        return _handset_places(self.slot, self.ipei)


@dataclass(frozen=True, slots=True)
class Server:
    """A SIP server shared by lines of a base, numbered from 1."""

    number: int
    domain: str
    address: str
    resolved: Resolved | None = None

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that vendor files map as `server.*`."""
        return {"server.domain": self.domain, "server.address": self.address}

    @property
    def places(self) -> dict[str, str]:
        """Values for the placeholders in parameter names."""
        return {"server": str(self.number), "server0": str(self.number - 1)}


@dataclass(frozen=True, slots=True)
class Cell:
    """A base of a multicell system, numbered from 1, data master first."""

    number: int
    mac: Mac
    role: MulticellRole
    resolved: Resolved | None = None

    @property
    def values(self) -> Mapping[str, Any]:
        """The values that vendor files map as `cell.*`."""
        return {"cell.mac": self.mac.bare, "cell.role": self.role.value}

    @property
    def places(self) -> dict[str, str]:
        """Values for the placeholders in parameter names."""
        return {"cell": str(self.number), "cell0": str(self.number - 1), "cell_mac": self.mac.bare}


Item = Line | Handset | Server | Cell


@dataclass(frozen=True, slots=True)
class Repeated:
    """Everything that repeats in one file. `role` and `chain_id` are those of a DECT base in its system.

    `paired_at`: when the newest handset was added, in seconds since 1970, for systems with a pairing window.
    """

    lines: tuple[Line, ...] = ()
    handsets: tuple[Handset, ...] = ()
    servers: tuple[Server, ...] = ()
    cells: tuple[Cell, ...] = ()
    role: MulticellRole | None = None
    chain_id: str | None = None
    paired_at: int | None = None

    @property
    def system_values(self) -> Mapping[str, Any]:
        """The values that vendor files map as `system.*`; empty unless the device is a base."""
        if self.role is None:
            return {}
        given = {"system.chain_id": self.chain_id, "system.paired_at": self.paired_at}
        known = {path: value for path, value in given.items() if value is not None}
        return {"system.role": self.role.value, "system.bases": max(len(self.cells), 1), **known}


@dataclass(frozen=True, slots=True)
class PairedHandset:
    """A handset with its assigned lines in order, and its own resolved settings if it has overrides."""

    slot: int
    ipei: str
    name: str | None
    assigned: Sequence[Assigned] = ()
    resolved: Resolved | None = field(default=None, repr=False)


def line_of(assignment: Place, user: Subscriber, settings: Mapping[str, Any]) -> Line:
    """The line for an assignment. `settings`: effective settings by path."""
    return Line(assignment.line_number, user.id, _line_values(assignment.line_number, user, settings))


def base_lines(handsets: Iterable[PairedHandset], resolved: Resolved) -> Repeated:
    """Lines, handsets and servers of a DECT base, ordered by account number and slot."""
    common = {path: effective.value for path, effective in resolved.settings.items()}
    servers: dict[tuple[str, str], Server] = {}
    _server_number(servers, common.get("sip.domain"), common.get("sip.server"))
    lines: list[Line] = []
    placed: list[Handset] = []
    for handset in sorted(handsets, key=lambda one: one.slot):
        own = handset.resolved
        settings = {path: effective.value for path, effective in own.settings.items()} if own else common
        numbers = []
        for position, (assignment, user) in enumerate(handset.assigned, start=1):
            number = assignment.account_number or assignment.line_number
            values = dict(_line_values(number, user, settings))
            values |= {"line.slot": handset.slot, "line.handset_line": position}
            server = _server_number(servers, values.get("line.domain"), values.get("line.server"))
            values |= {"line.server_number": server} if server else {}
            lines.append(Line(number, user.id, values, handset.slot, handset.ipei, own))
            numbers.append(number)
        first = handset.assigned[0][1] if handset.assigned else None
        name = handset.name or (first.sip_display_name or first.name if first else f"Handset {handset.slot}")
        placed.append(Handset(handset.slot, handset.ipei, name, tuple(numbers), own))
    lines.sort(key=lambda line: line.number)
    return Repeated(tuple(lines), tuple(placed), tuple(servers.values()))


def _line_values(number: int, user: Subscriber, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    domain = user.sip_domain or settings.get("sip.domain") or settings.get("sip.server")
    values = {
        "line.number": number,
        "line.username": user.sip_username,
        "line.auth_username": user.sip_auth_username or user.sip_username,
        "line.password": user.sip_password,
        "line.domain": domain,
        "line.server": settings.get("sip.server") or domain,
        "line.display_name": user.sip_display_name or user.name,
        "line.label": user.extension or user.sip_username,
    }
    return {path: value for path, value in values.items() if value is not None}


def _server_number(servers: dict[tuple[str, str], Server], domain: str | None, address: str | None) -> int | None:
    """The number of the server with this domain and address, added if new; None if both are missing."""
    domain, address = domain or address, address or domain
    if domain is None or address is None:
        return None
    server = servers.setdefault((domain, address), Server(len(servers) + 1, domain, address))
    return server.number


def _handset_places(slot: int | None, ipei: str | None) -> dict[str, str]:
    if slot is None or ipei is None:
        return {}
    return {"slot": str(slot), "slot0": str(slot - 1), "ipei": ipei.lower(), "IPEI": ipei}
