"""What people type is checked before it can reach a phone's file; what passes here is printed into files."""

import zoneinfo
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provserver.domain.texts import (
    check_country,
    check_host,
    check_host_port,
    check_language,
    check_text,
    check_timezone,
    check_url,
    split_host_port,
    timezones,
)

CHECKS = [check_text, check_host, check_host_port, check_url, check_timezone, check_language, check_country]


@pytest.mark.parametrize("check", CHECKS)
@given(text=st.text(max_size=40))
def test_what_passes_any_check_can_be_printed_and_is_not_changed_but_in_case(
    check: Callable[[str], str], text: str
) -> None:
    """A line break in a value would add a line of the attacker's choice to a phone's file."""
    try:
        passed = check(text)
    except ValueError:
        return
    assert passed.casefold() == text.casefold()
    assert text.isprintable()


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), min_size=1, max_size=3), st.text(max_size=5))
def test_control_characters_are_refused_by_their_number(bad: str, around: str) -> None:
    with pytest.raises(ValueError, match=r"U\+[0-9A-F]{4}"):
        check_text(f"a{around}{bad}b")


@pytest.mark.parametrize("text", [" a", "a ", " "])
def test_blanks_at_the_ends_are_refused_because_phones_cut_them_off(text: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        check_text(text)


@pytest.mark.parametrize("text", ["a", "Zoë & Söhne", "漢😀", "{{ 7*7 }}", "&<>\"';%#$\\"])
def test_anything_a_person_may_type_passes(text: str) -> None:
    assert check_text(text) == text


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "example.com.",
        "a",
        "_sip._udp.example.com",
        "192.0.2.1",
        "2001:db8::1",
        "::1",
        "xn--bcher-kva.de",
        "3com.example",
    ],
)
def test_hosts_that_phones_can_resolve_pass(host: str) -> None:
    assert check_host(host) == host


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        "-a.example",
        "a-.example",
        "a b",
        "bücher.de",
        "example.com:5060",
        "[::1]",
        "1.2.3",
        "300.1.1.1",
        "fe80::1%eth0",
        "fe80::1%\r\nevil: 1",
        "a" * 64 + ".example",
        "http://a",
        "a/b",
        "a\n",
    ],
)
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"host name|interface"):
        check_host(host)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("example.com", "example.com", None),
        ("example.com:5060", "example.com", 5060),
        ("192.0.2.1:1", "192.0.2.1", 1),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("::", "::", None),
    ],
)
def test_host_and_port_are_told_apart_also_for_ipv6(text: str, host: str, port: int | None) -> None:
    """A phone sent to host `2001` port `db8::1` registers nowhere."""
    assert check_host_port(text) == text
    assert split_host_port(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":5060",
        "a:",
        "a:0",
        "a:65536",
        "a:123456",
        "a:b",
        "a:-1",
        "a:5060:1",
        "[::1",
        "::1]:5060",
        "[example.com]:5060",
        "[192.0.2.1]",
        "[fe80::1%x]:5060",
        "a:５０６０",
    ],
)
def test_what_is_no_host_with_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host name|port|interface|brackets"):
        check_host_port(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://user:p%20w@example.com:8443/x?a=1&b=2#c",
        "tftp://192.0.2.1/",
        "ftp://[2001:db8::1]/x",
        "HTTPS://A/",
    ],
)
def test_urls_that_phones_fetch_by_pass(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "/x",
        "http:///x",
        "http://",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://a b/",
        "http://a:0/",
        "http://a:65536/",
        "http://a:x/",
        "http://[::1/",
        "http://a/\n",
        " http://a",
    ],
)
def test_urls_that_phones_cannot_fetch_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|blank|printed"):
        check_url(url)


@pytest.mark.parametrize("language", ["en", "de", "fr-CA", "zh-Hant", "zh-Hant-TW", "es-419", "gsw"])
def test_language_tags_pass(language: str) -> None:
    assert check_language(language) == language


@pytest.mark.parametrize(
    ("written", "kept"), [("EN", "en"), ("fr-ca", "fr-CA"), ("ZH-hant-tw", "zh-Hant-TW"), ("de-DE", "de-DE")]
)
def test_language_tags_are_kept_as_they_are_usually_written(written: str, kept: str) -> None:
    assert check_language(written) == kept


@pytest.mark.parametrize(("written", "kept"), [("us", "US"), ("DE", "DE"), ("xk", "XK")])
def test_countries_are_kept_in_capitals(written: str, kept: str) -> None:
    assert check_country(written) == kept


@pytest.mark.parametrize("country", ["", "ZZ", "D", "DEU", "UK", "d\u0130", "#c"])
def test_what_is_no_country_is_refused(country: str) -> None:
    with pytest.raises(ValueError, match="is not a country"):
        check_country(country)


@pytest.mark.parametrize("language", ["", "english", "fr_CA", "fr-", "e", "fr-CA\n", "de-DE-1996", "f\u0131-CA"])
def test_what_is_no_language_tag_is_refused(language: str) -> None:
    with pytest.raises(ValueError, match="BCP 47"):
        check_language(language)


def test_every_zone_that_is_offered_exists() -> None:
    """A zone that passes at write time must render at fetch time."""
    zoneinfo.reset_tzpath(to=[])
    try:
        for name in timezones():
            zoneinfo.ZoneInfo(name)
    finally:
        zoneinfo.reset_tzpath()


@pytest.mark.parametrize("zone", ["", "europe/berlin", "Europe/Atlantis", "CEST", "+01:00", "../zones", "posixrules"])
def test_what_is_no_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        check_timezone(zone)
