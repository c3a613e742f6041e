"""Who asks for what: (path, query, User-Agent, certificate, catalogue) -> Claim. Nothing here is proven yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from provserver.domain.certificates import ClientCertificate, named_macs
from provserver.domain.mac import Mac, seen_mac
from provserver.domain.vendor import Catalogue, FileRule

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
    """A file rule that the path fits, with what the path tells. Dozens are made for some requests."""

    vendor: str
    dialect: str
    rule: FileRule
    mac: Mac | None
    model: str | None
    ipei: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself. `file` is the path after the folder; `macs` are all that it names.

    `token` stands in the path; `challenged`: it asks in the folder where phones answer a challenge.
    """

    file: str
    token: str | None
    challenged: bool
    agent: Agent | None
    matches: tuple[Match, ...]
    macs: frozenset[Mac]

    @property
    def contradicts_itself(self) -> bool:
        """Whether it names two devices: a file is only ever rendered for the device that asks."""
        return len(self.macs) > 1

    @property
    def mac(self) -> Mac | None:
        """The one MAC it names, if any."""
        return next(iter(self.macs)) if len(self.macs) == 1 else None

    def match_for(self, dialect: str) -> Match | None:
        """The first rule of this vendor file that the path fits."""
        return next((match for match in self.matches if match.dialect == dialect), None)

    def told_model(self, vendor: str | None) -> str | None:
        """The model of this vendor that the User-Agent tells, else the path."""
        if self.agent and self.agent.model:
            return self.agent.model
        return next((match.model for match in self.matches if match.model and match.vendor == vendor), None)


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
    matches = tuple(_matches(file, asked_mac, catalogue))
    macs = {match.mac for match in matches} | {asked_mac, agent.mac if agent else None, seen_mac(username)}
    if certificate:
        macs |= named_macs(certificate, catalogue.subject_rules)
    return Claim(file, token, challenged, agent, matches, frozenset(mac for mac in macs if mac))


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


def _matches(file: str, asked_mac: Mac | None, catalogue: Catalogue) -> Iterator[Match]:
    macs: dict[str, Mac | None] = {}  # many vendors have the same pattern, which finds the same MAC
    for (vendor, rule), found in catalogue.file_patterns.fitting(file):
        groups = found.groupdict()
        spelled = groups.get("mac") or ""
        if spelled not in macs:
            macs[spelled] = seen_mac(spelled)
        if (rule.query and asked_mac is None) or (spelled and macs[spelled] is None):
            continue
        model, ipei = groups.get("model"), groups.get("ipei")
        yield Match(
            vendor.vendor,
            vendor.dialect,
            rule,
            asked_mac if rule.query else macs[spelled],
            (vendor.model_named(model) or model) if model else None,
            ipei.upper() if ipei else None,
        )


@lru_cache(maxsize=4096)
def read_agent(user_agent: str, catalogue: Catalogue) -> Agent | None:
    """What the first fitting pattern of the catalogue reads from a User-Agent."""
    for vendor, found in catalogue.agent_patterns.fitting(user_agent):
        groups = found.groupdict()
        spelled = groups.get("model")
        model = vendor.model_named(spelled) or spelled or None
        return Agent(vendor.vendor, model, groups.get("firmware") or None, seen_mac(groups.get("mac") or ""))
    return None
