"""Who asks for what: (path, query, User-Agent, certificate, catalogue) -> Claim. Nothing here is proven yet."""

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
    """What a User-Agent tells. `model` is as the catalogue spells it, else as the phone does."""

    vendor: str
    model: str | None
    firmware: str | None
    mac: Mac | None


class Match(NamedTuple):
    """A file rule that the path fits, with what the path tells."""

    vendor: str
    dialect: str
    rule: FileRule
    mac: Mac | None
    model: str | None
    ipei: str | None = None


class Fit(NamedTuple):
    """A pattern that the path fits, and what it reads there. Dozens of vendors may have the same."""

    askers: Askers
    file: str
    mac: Mac | None
    asked_mac: Mac | None
    model: str | None
    ipei: str | None

    def matches(self, asking: Iterable[tuple[int, Vendor, FileRule]]) -> Iterator[tuple[int, Match]]:
        """The rules of some who have this pattern, each with its place in the order of all."""
        for place, vendor, rule in asking:
            if rule.query and self.asked_mac is None:
                continue
            mac = self.asked_mac if rule.query else self.mac
            named = vendor.model_named(self.model) or self.model
            model = named or vendor.model_asking(rule.id, self.file)
            yield place, Match(vendor.vendor, vendor.dialect, rule, mac, model, self.ipei)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself. `file` is the path after the folder; `macs` are all that it names.

    `token` stands in the path; `challenged`: it asks in the folder where phones answer a challenge.
    """

    file: str
    token: str | None
    challenged: bool
    agent: Agent | None
    fits: tuple[Fit, ...]
    macs: frozenset[Mac]

    @property
    def contradicts_itself(self) -> bool:
        """Whether it names two devices: a file is only ever rendered for the device that asks."""
        return len(self.macs) > 1

    @property
    def mac(self) -> Mac | None:
        """The one MAC it names, if any."""
        return next(iter(self.macs)) if len(self.macs) == 1 else None

    @property
    def all_macs(self) -> str:
        """Every MAC it names, for people."""
        return ", ".join(sorted(map(str, self.macs)))

    @property
    def matches(self) -> list[Match]:
        """Every rule of anybody that the path fits; there may be hundreds."""
        return _in_order(found for fit in self.fits for found in fit.matches(fit.askers.all))

    def match_for(self, dialect: str) -> Match | None:
        """The first rule of this vendor file that the path fits."""
        own = (found for fit in self.fits for found in fit.matches(fit.askers.by_dialect.get(dialect, ())))
        return next(iter(_in_order(own)), None)

    def common_match(self) -> Match | None:
        """The common file that is asked for: of the vendor that the User-Agent tells, else the first that has it."""
        common = _in_order(found for fit in self.fits for found in fit.matches(fit.askers.common))
        own = (match for match in common if self.agent and match.vendor == self.agent.vendor)
        return next(own, common[0] if common else None)

    def told_model(self, vendor: str | None) -> str | None:
        """The model of this vendor that the User-Agent tells, else the path."""
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
    """Read a request. None for a path that no phone asks for: too long, escaping its folder, or not text.

    `username` is that of its credentials, where it brings some: a device's is its MAC.
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
    """The decoded path without its leading slash, or None where it hides something.

    Escaped slashes and backslashes, `..`, empty segments and control characters are never what a phone asks for.
    """
    lowered = raw_path.lower()
    if len(raw_path) > _LONGEST_PATH or "%2f" in lowered or "%5c" in lowered or "\\" in raw_path:
        return None
    try:
        path = unquote_to_bytes(raw_path).decode("utf-8").removeprefix("/")
    except UnicodeError:  # neither escaped nor as they stand are these bytes text
        return None
    segments = path.split("/")
    if any(segment in (".", "..") for segment in segments) or "" in segments[:-1] or not path.isprintable():
        return None
    return path


def is_challenged(raw_path: str) -> bool:
    """Whether a path lies in the folder where phones answer a challenge, whatever else is wrong with it."""
    return raw_path.startswith(f"/{_CHALLENGED_FOLDER}")


def _split_folder(path: str) -> tuple[str | None, bool, str]:
    """The token of `p/<token>/<file>`, whether it is `d/<file>`, and the file."""
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
    """As they stand in the catalogue: the order of vendor files, and of the rules in each."""
    return [match for _, match in sorted(found, key=itemgetter(0))]


@lru_cache(maxsize=4096)
def read_agent(user_agent: str, catalogue: Catalogue) -> Agent | None:
    """What the first fitting pattern of the catalogue reads from a User-Agent."""
    for vendor, found in catalogue.agent_patterns.fitting(user_agent):
        groups = found.groupdict()
        spelled = groups.get("model")
        model = vendor.model_named(spelled) or spelled or None
        return Agent(vendor.vendor, model, groups.get("firmware") or None, seen_mac(groups.get("mac") or ""))
    return None
