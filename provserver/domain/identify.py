"""Identification: (path, query, User-Agent, certificate, catalogue) -> Claim. Nothing is authenticated here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from provserver.domain.catalogue import Askers, Catalogue
from provserver.domain.certificates import ClientCertificate, named_macs
from provserver.domain.file_rules import FileRule
from provserver.domain.mac import Mac, seen_mac
from provserver.domain.vendor import Vendor

_LONGEST_PATH = 512
_LONGEST_AGENT = 512
_OWN_FOLDER, _CHALLENGED_FOLDER = "p/", "d/"


@dataclass(frozen=True, slots=True)
class Agent:
    """What a User-Agent says. `model` is the catalogue's name if known, else as sent."""

    vendor: str
    model: str | None
    firmware: str | None
    mac: Mac | None


class Match(NamedTuple):
    """A file rule that matches the path, with what was read from the path."""

    vendor: str
    dialect: str
    rule: FileRule
    mac: Mac | None
    model: str | None
    ipei: str | None = None


class Fit(NamedTuple):
    """A matching path pattern and its captures. Dozens of vendors may share one pattern."""

    askers: Askers
    file: str
    mac: Mac | None
    asked_mac: Mac | None
    model: str | None
    ipei: str | None

    def matches(self, asking: Iterable[tuple[int, Vendor, FileRule]]) -> Iterator[tuple[int, Match]]:
        """The matches for these rules, each with its position in the catalogue."""
        for place, vendor, rule in asking:
            if rule.query and self.asked_mac is None:
                continue
            mac = self.asked_mac if rule.query else self.mac
            named = vendor.model_named(self.model) or self.model
            model = named or vendor.model_asking(rule.id, self.file)
            yield place, Match(vendor.vendor, vendor.dialect, rule, mac, model, self.ipei)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request claims to be.

    `file`: the path without its folder. `token`: from the path `p/<token>/…`. `challenged`: requested under `d/`, where
    phones answer challenges. `macs`: all MACs named anywhere in the request.
    """

    file: str
    token: str | None
    challenged: bool
    agent: Agent | None
    fits: tuple[Fit, ...]
    macs: frozenset[Mac]

    @property
    def contradicts_itself(self) -> bool:
        """Whether it names several MACs. A file is only ever rendered for the device that asks."""
        return len(self.macs) > 1

    @property
    def mac(self) -> Mac | None:
        """The MAC, if exactly one is named."""
        return next(iter(self.macs)) if len(self.macs) == 1 else None

    @property
    def all_macs(self) -> str:
        """All MACs named, for log messages."""
        return ", ".join(sorted(map(str, self.macs)))

    @property
    def matches(self) -> list[Match]:
        """All rules of all vendors that match the path; there may be hundreds."""
        return _in_order(found for fit in self.fits for found in fit.matches(fit.askers.all))

    def match_for(self, dialect: str) -> Match | None:
        """The first rule of this vendor file that matches the path."""
        own = (found for fit in self.fits for found in fit.matches(fit.askers.by_dialect.get(dialect, ())))
        return next(iter(_in_order(own)), None)

    def common_match(self) -> Match | None:
        """The common file asked for: preferably of the User-Agent's vendor, else of the first vendor that has one."""
        common = _in_order(found for fit in self.fits for found in fit.matches(fit.askers.common))
        own = (match for match in common if self.agent and match.vendor == self.agent.vendor)
        return next(own, common[0] if common else None)

    def told_model(self, vendor: str | None) -> str | None:
        """The model of this vendor, from the User-Agent, else from the path."""
        if self.agent and self.agent.model:
            return self.agent.model
        own = (found for fit in self.fits for found in fit.matches(fit.askers.by_vendor.get(vendor or "", ())))
        return next((match.model for match in _in_order(own) if match.model), None)


def identify(
    raw_path: str,
    query: Mapping[str, str],
    user_agent: str,
    catalogue: Catalogue,
    certificate: ClientCertificate | None = None,
    *,
    username: str = "",
) -> Claim | None:
    """Read a request. None for a path that no phone requests: too long, with traversal, or not text.

    `username`: user name of the request's credentials, if any; for a device it is its MAC.
    """
    path = clean_path(raw_path)
    if path is None:
        return None
    token, challenged, file = _split_folder(path)
    agent = read_agent(user_agent[:_LONGEST_AGENT], catalogue)
    asked_mac = seen_mac(query.get("mac", ""))
    fits = tuple(_fits(file, asked_mac, catalogue))
    macs = {asked_mac, agent.mac if agent else None, seen_mac(username), *[fit.mac for fit in fits]}
    if certificate:
        macs |= named_macs(certificate, catalogue.subject_rules)
    return Claim(file, token, challenged, agent, fits, frozenset(mac for mac in macs if mac))


def clean_path(raw_path: str) -> str | None:
    """The decoded path without its leading slash, or None if it is suspicious.

    Encoded slashes, backslashes, `.` and `..`, empty segments and control characters never occur in requests of phones.
    """
    lowered = raw_path.lower()
    if len(raw_path) > _LONGEST_PATH or "%2f" in lowered or "%5c" in lowered or "\\" in raw_path:
        return None
    try:
        path = unquote_to_bytes(raw_path).decode("utf-8").removeprefix("/")
    except UnicodeError:  # not UTF-8, raw or decoded
        return None
    segments = path.split("/")
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1] or not path.isprintable():
        return None
    return path


def is_challenged(raw_path: str) -> bool:
    """Whether a path is under `d/`, the folder with HTTP authentication, even if it is otherwise invalid."""
    return raw_path.startswith(f"/{_CHALLENGED_FOLDER}")


def _split_folder(path: str) -> tuple[str | None, bool, str]:
    """Split a path into the token of `p/<token>/<file>`, whether it is `d/<file>`, and the file."""
    if path.startswith(_CHALLENGED_FOLDER):
        return None, True, path.removeprefix(_CHALLENGED_FOLDER)
    if not path.startswith(_OWN_FOLDER):
        return None, False, path
    token, _, file = path.removeprefix(_OWN_FOLDER).partition("/")
    return token, False, file


def _fits(file: str, asked_mac: Mac | None, catalogue: Catalogue) -> Iterator[Fit]:
    for askers, found in catalogue.file_patterns.fitting(file):
        groups = found.groupdict()
        spelled = groups.get("mac")
        mac = seen_mac(spelled) if spelled else None
        if (askers.by_query_alone and asked_mac is None) or (spelled and mac is None):
            continue
        ipei = groups.get("ipei")
        yield Fit(askers, file, mac, asked_mac, groups.get("model"), ipei.upper() if ipei else None)


def _in_order(found: Iterable[tuple[int, Match]]) -> list[Match]:
    """In catalogue order: by vendor file, then by rule."""
    return [match for _, match in sorted(found, key=itemgetter(0))]


@lru_cache(maxsize=4096)
def read_agent(user_agent: str, catalogue: Catalogue) -> Agent | None:
    """Parse a User-Agent with the first matching pattern of the catalogue."""
    for vendor, found in catalogue.agent_patterns.fitting(user_agent):
        groups = found.groupdict()
        spelled = groups.get("model")
        model = vendor.model_named(spelled) or spelled or None
        return Agent(vendor.vendor, model, groups.get("firmware") or None, seen_mac(groups.get("mac") or ""))
    return None
