"""Scripts of SmartNode gateways: one command a line, and those of a mode below it, two blanks further in."""

import re
import shlex
from collections.abc import Iterator

from .pairs import Pairs

_OF_IDENTITY = r"location-service LOC1/identity (?P<user>\S+)/"
_OF_FXS = r"context cs switch/interface fxs IF_FXS(?P<port>\d+)/"

_TOLD = {
    r"clock local default-offset (?P<offset>\S+)": {"offset": "clock.default-offset"},
    r"clock local dst-rule DST (?P<rule>.+)": {"rule": "clock.dst-rule"},
    r"timer FETCH .* every (?P<every>\d+) minutes .*": {"every": "provisioning.every"},
    r"sntp-client server primary (?P<server>\S+)": {"server": "sntp-client.server"},
    r"profile provisioning CONFIG/location 1 (?P<url>\S+)": {"url": "provisioning.location"},
    r"syslog-client/remote (?P<host>\S+) (?P<port>\d+)": {"host": "syslog.server", "port": "syslog.port"},
    r"profile voip default/codec (?P<n>\d) (?P<codec>\w+) rx-length 20 tx-length 20": {"codec": "codec.{n}"},
    r"profile voip default/dtmf-relay (?P<mode>\w+)": {"mode": "dtmf-relay.mode"},
    r"port ethernet 0 0/vlan (?P<id>\d+)": {"id": "vlan.id"},
    r"context cs switch/interface sip IF_SIP1/remote (?P<host>\S+) (?P<port>\d+)": {
        "host": "sip.server",
        "port": "sip.port",
    },
    r"context cs switch/interface sip IF_SIP2/remote (?P<host>\S+) (?P<port>\d+)": {
        "host": "backup.server",
        "port": "backup.port",
    },
    rf"{_OF_FXS}message-waiting-indication (?P<tone>[a-z-]+)": {"tone": "mwi.tone"},
    rf"{_OF_FXS}subscriber-number (?P<user>\S+)": {"user": "fxs.{port}.user"},
    r"location-service LOC1/domain 1 (?P<domain>\S+)": {"domain": "sip.domain"},
    rf"{_OF_IDENTITY}registration outbound/lifetime (?P<seconds>\d+)": {"seconds": "sip.lifetime"},
    rf"{_OF_IDENTITY}registration outbound/preferred-transport-protocol (?P<transport>\w+)": {
        "transport": "sip.transport"
    },
    r"port fxs 0 (?P<port>\d+)/(?P<command>no shutdown)": {"command": "fxs.{port}.port"},
}
_RULES = [(re.compile(pattern), names) for pattern, names in _TOLD.items()]
_AUTH = re.compile(rf"{_OF_IDENTITY}authentication outbound/authenticate 1 (?P<words>authentication-service .+)")
_CREDENTIALS = re.compile(r"authentication-service AUTH/(?P<words>username .+)")
_ADMINISTRATOR = re.compile(r"administrator .+")


def read(template: str, body: bytes) -> Pairs:
    """Every command by the modes that it stands in; what a port is told is found as the gateway would, by its names."""
    commands = list(_commands(body.decode("ascii")))
    pairs: Pairs = []
    for command in commands:
        for pattern, names in _RULES:
            if found := pattern.fullmatch(command):
                pairs.extend((name.format(**found.groupdict()), found[group]) for group, name in names.items())
        if _ADMINISTRATOR.fullmatch(command):
            pairs.append(("administrator.password", _words(command)[3]))
    return [*pairs, *_credentials(commands, pairs)]


def _credentials(commands: list[str], pairs: Pairs) -> Iterator[tuple[str, str]]:
    """What each port is told by way of its identity."""
    auths = {found["user"]: _words(found["words"])[3] for found in map(_AUTH.fullmatch, commands) if found}
    words = [_words(found["words"]) for found in map(_CREDENTIALS.fullmatch, commands) if found]
    passwords = {auth: password for _, auth, _, password in words}
    for name, user in pairs:
        if name.startswith("fxs.") and name.endswith(".user"):
            auth = auths[user]
            yield from ((name.replace(".user", ".auth"), auth), (name.replace(".user", ".password"), passwords[auth]))


def _commands(text: str) -> Iterator[str]:
    """Each command with the modes before it, as `mode/mode/command`."""
    assert text.endswith("\n")
    modes: list[str] = []
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        command = line.lstrip(" ")
        depth, odd = divmod(len(line) - len(command), 2)
        assert not odd
        assert depth <= len(modes), f"stands in no mode: {line}"
        assert command == command.strip()
        modes = [*modes[:depth], command]
        yield "/".join(modes)


def _words(command: str) -> list[str]:
    """The words of a command; those in quotation marks may hold blanks."""
    scanner = shlex.shlex(command, posix=True)
    scanner.whitespace_split, scanner.commenters, scanner.quotes, scanner.escape = True, "", '"', ""
    return list(scanner)
