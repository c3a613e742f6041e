"""The configuration says who may have files: a key that is misspelt and silently ignored could open the door."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from provserver.config import Config
from provserver.config.loading import load_config
from provserver.domain.errors import BadConfiguration
from provserver.shipped import shipped


def _load(folder: Path, text: str, **environment: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment)


def test_without_a_file_everything_has_a_default() -> None:
    config = load_config(None, {"PATH": "/bin", "PROVSERVER_CONFIG": "elsewhere.yaml", "PROVSERVER_KEY": "sk_live_any"})
    assert config == Config()
    assert config.phones.auth == ("certificate", "token", "digest", "basic", "window")
    assert (config.phones.port, config.api.host, config.api.port) == (8080, "127.0.0.1", 8081)
    assert config.database_url == "sqlite+aiosqlite:///data/provserver.db"
    assert config.key_file == Path("data/secret.key")


def test_a_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "data_dir: /var/lib/x\n"
        "database: {url: 'sqlite+aiosqlite:////srv/a.db'}\n"
        "phones:\n  auth: [token]\n  networks: [192.0.2.0/24, '2001:db8::/32']\n  window: 2h\n"
        "  public_url: https://prov.example.com/base/\n"
        "api:\n",
    )
    assert config.phones.auth == ("token",)
    assert config.phones.networks == (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    assert config.phones.window == 7200
    assert config.phones.public_url == "https://prov.example.com/base"
    assert config.database_url == "sqlite+aiosqlite:////srv/a.db"
    assert config.key_file == Path("/var/lib/x/secret.key")
    assert config.api == Config().api


@pytest.mark.parametrize("text", ["", "# nothing\n", "phones:\n", "phones: {}\n"])
def test_an_empty_file_or_section_means_the_defaults(tmp_path: Path, text: str) -> None:
    assert _load(tmp_path, text) == Config()


def test_the_environment_beats_the_file_and_lists_have_commas(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "phones: {auth: [open], port: 1}\n",
        PROVSERVER_PHONES__AUTH="token, window",
        PROVSERVER_PHONES__PORT="9000",
        PROVSERVER_PHONES__TRUSTED_PROXIES="10.0.0.0/8,::1/128",
        PROVSERVER_PHONES__WINDOW="90",
        PROVSERVER_DATA_DIR="/data",
        PROVSERVER_LOG__LEVEL="debug",
        PROVSERVER_CATALOG__VENDORS="/a,/b",
    )
    assert config.phones.auth == ("token", "window")
    assert config.phones.port == 9000
    assert config.phones.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert config.phones.window == 90
    assert config.data_dir == Path("/data")
    assert config.log.level == "debug"
    assert config.catalog.vendors == (Path("/a"), Path("/b"))


def test_a_section_inside_a_section_may_be_empty_or_come_from_the_environment(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        "checksync:\n  backend: kamailio\n  kamailio:\n  asterisk:\n    host: pbx\n",
        PROVSERVER_CHECKSYNC__ASTERISK__PORT="5039",
        PROVSERVER_CHECKSYNC__ASTERISK__TLS="true",
        PROVSERVER_CHECKSYNC__PASSWORD="secret",
    )
    assert config.checksync.backend == "kamailio"
    assert config.checksync.kamailio == Config().checksync.kamailio
    asterisk = config.checksync.asterisk
    assert (asterisk.host, asterisk.port, asterisk.tls) == ("pbx", 5039, True)
    assert "secret" not in repr(config), "a configuration that is logged tells no password"


@pytest.mark.parametrize(
    "proxy", ["pbx.example.com", "sip:pbx;transport=sctp", "sip:user@pbx", "http://pbx", "sip:a b"]
)
def test_a_proxy_that_is_no_sip_uri_is_refused_by_name(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(BadConfiguration, match=r"checksync.proxy.*is not a SIP URI"):
        _load(tmp_path, f"checksync: {{proxy: '{proxy}'}}\n")


@pytest.mark.parametrize("proxy", ["sip:pbx", "sips:pbx.example.com:5061", "sip:[2001:db8::1]:5060;transport=TCP"])
def test_a_proxy_is_a_sip_uri(tmp_path: Path, proxy: str) -> None:
    assert _load(tmp_path, f"checksync: {{proxy: '{proxy}'}}\n").checksync.proxy == proxy


@pytest.mark.parametrize(("text", "seconds"), [("45", 45), ("45s", 45), ("3m", 180), ("24h", 86400), ("2d", 172800)])
def test_a_duration_may_be_said_in_a_unit(tmp_path: Path, text: str, seconds: int) -> None:
    assert _load(tmp_path, f"phones: {{window: {text}}}\n").phones.window == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phnoes: {}\n", "config.yaml:1: phnoes: is not a key of the configuration"),
        ("phones:\n  prot: 1\n", "config.yaml:2: phones.prot: is not a key of the configuration"),
        (
            "phones:\n  auth:\n    - token\n    - magic\n",
            "config.yaml:4: phones.auth.1: magic is not a proof; known are certificate, token",
        ),
        ("phones: {auth: magic}\n", "config.yaml:1: phones.auth.0: magic is not a proof"),
        ("phones: {networks: [300.0.0.0/8]}\n", "config.yaml:1: phones.networks.0: is not a network like 192.0.2.0/24"),
        (
            "phones: {networks: [192.0.2.1/24]}\n",
            "config.yaml:1: phones.networks.0: is not a network like 192.0.2.0/24",
        ),
        ("phones: {window: 0}\n", "config.yaml:1: phones.window: "),
        ("phones: {window: -5m}\n", "config.yaml:1: phones.window: "),
        ("phones: {window: 99999999999999d}\n", "config.yaml:1: phones.window: "),
        ("phones: {window: ²}\n", "config.yaml:1: phones.window: "),
        ("phones: {window: soon}\n", "config.yaml:1: phones.window: is no time; write seconds, or a number with"),
        ("phones: {auth: ''}\n", "config.yaml:1: phones.auth: must have at least 1 item"),
        ("phones: {port: x}\n", "config.yaml:1: phones.port: must be a whole number"),
        ("phones: {port: 65536}\n", "config.yaml:1: phones.port: "),
        ("phones: {public_url: prov.example.com}\n", "config.yaml:1: phones.public_url: is not an absolute http"),
        ("api: {bootstrap_key: short}\n", "config.yaml:1: api.bootstrap_key: "),
        ("database: {url: 'mysql://x'}\n", "config.yaml:1: database.url: begins with neither"),
        ("log: {level: loud}\n", "config.yaml:1: log.level: "),
        ("data_dir: {a: 1}\n", "config.yaml:1: data_dir: "),
        ("- a\n", "config.yaml:1: must be a mapping"),
        ("text\n", "config.yaml:1: must be a mapping"),
        ("a: [\n", "config.yaml:2: not readable as YAML"),
        ("phones: 5\n", "config.yaml:1: phones: "),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as failure:
        _load(tmp_path, text)
    assert failure.value.message.removeprefix(f"{tmp_path}/").startswith(message)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration) as failure:
        _load(tmp_path, "log: {level: loud}\nphones: {port: -1}\n", PROVSERVER_API__PORT="x")
    told = failure.value.message.splitlines()
    assert len(told) == 3
    assert sum("config.yaml:" in line for line in told) == 2
    assert any(line.startswith("PROVSERVER_API__PORT: ") for line in told)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("PROVSERVER_PHONES__PROT", "PROVSERVER_PHONES__PROT: is not a key of the configuration"),
        ("PROVSERVER_DATADIR", "PROVSERVER_DATADIR: is not a key of the configuration"),
        ("PROVSERVER_DATA_DIR__X", "PROVSERVER_DATA_DIR__X: data_dir is not a section"),
        ("PROVSERVER_PHONE__PORT", "PROVSERVER_PHONE__PORT: phone is not a key of the configuration"),
        ("PROVSERVER_PHONES__AUTH", "PROVSERVER_PHONES__AUTH: magic is not a proof"),
        ("PROVSERVER_PHONES__TLS__CERT", "PROVSERVER_PHONES__TLS__CERT: phones.tls cert names 1 files and key 0"),
        ("PROVSERVER_", "PROVSERVER_: is not a key of the configuration"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(BadConfiguration) as failure:
        _load(tmp_path, "data_dir: x\n", **{name: "magic"})
    assert failure.value.message.startswith(message)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"none\.yaml: cannot be read: No such file"):
        load_config(tmp_path / "none.yaml", {})
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfiguration, match=r"binary\.yaml: is not UTF-8 text"):
        load_config(binary, {})


def test_a_bootstrap_key_is_not_printed_with_the_configuration() -> None:
    key = "k" * 24
    assert key not in repr(load_config(None, {"PROVSERVER_API__BOOTSTRAP_KEY": key}))


def test_nothing_can_be_changed_once_it_is_read() -> None:
    with pytest.raises(ValidationError):
        load_config(None, {}).phones.port = 1  # type: ignore[misc]  # mypy refuses it as well


def test_the_example_is_valid_and_says_what_the_defaults_are() -> None:
    """People start from it."""
    assert load_config(shipped("config.example.yaml"), {}) == Config()


names = st.from_regex(r"PROVSERVER_[A-Z_]{0,20}", fullmatch=True)


@given(st.dictionaries(names, st.text(max_size=10), max_size=3))
def test_no_environment_makes_the_start_fail_with_anything_but_bad_configuration(environment: dict[str, Any]) -> None:
    message: str | None = None
    try:
        load_config(None, environment)
    except BadConfiguration as failure:
        message = failure.message
    assert message is None or "PROVSERVER_" in message


@pytest.mark.parametrize(
    "name",
    ["PROVSERVER_PORT", "PROVSERVER_SERVICE_HOST", "PROVSERVER_SERVICE_PORT_API", "PROVSERVER_PORT_8080_TCP_ADDR"],
)
def test_what_kubernetes_tells_a_service_called_provserver_does_not_stop_the_start(name: str) -> None:
    assert load_config(None, {name: "tcp://10.0.0.1:8080"}) == Config()
