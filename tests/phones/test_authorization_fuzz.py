"""Whatever stands in a path or an Authorization header, a phone gets an answer and a guesser nothing."""

import asyncio
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provserver.domain.authorization import BasicAnswer, DigestAnswer, parse_authorization
from provserver.domain.nonces import nonce_time
from tests.phones.conftest import MakeOffice, Office

MAC = "000413aabbcc"
FILE = f"snomD785-{MAC.upper()}.htm"
_NAMES = st.sampled_from(["username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce", "x"])
_PAIRS = st.lists(st.tuples(_NAMES, st.text(max_size=20)), max_size=12)
_HEADERS = st.one_of(
    st.text(max_size=300),
    st.binary(max_size=100).map(lambda raw: "Basic " + raw.hex()),
    _PAIRS.map(lambda pairs: "Digest " + ", ".join(f'{name}="{value}"' for name, value in pairs)),
    _PAIRS.map(lambda pairs: "Digest " + ",".join(f"{name}={value}" for name, value in pairs)),
)
_TEXT = st.text(string.printable.replace("\r", "").replace("\n", "") + "äöü€", max_size=60)


@given(_HEADERS)
def test_any_header_is_read_or_left_alone(header: str) -> None:
    assert isinstance(parse_authorization(header), BasicAnswer | DigestAnswer | None)


@given(st.text(max_size=80), st.sampled_from(["192.0.2.1", "2001:db8::1"]))
def test_no_text_is_a_nonce_by_chance(text: str, source: str) -> None:
    assert nonce_time(b"key", text, source) is None


async def _office(make_office: MakeOffice) -> Office:
    office: Office = await make_office(auth=("token", "digest", "basic"), basic_without_tls=True)
    await office.phone(MAC, "snom")
    return office


@pytest.mark.parametrize(("folder", "status"), [("/", 404), ("/p/x/", 404), ("/d/", 401)])
async def test_no_path_and_no_header_opens_anything(make_office: MakeOffice, folder: str, status: int) -> None:
    """Hypothesis sends what it makes over one connection after the other, while the listener runs in this loop."""
    office = await _office(make_office)
    loop = asyncio.get_running_loop()

    async def send(path: str, header: str) -> bytes:
        reader, writer = await asyncio.open_connection(office.client.host, office.client.port)
        head = f"GET {folder}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {header}\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.readline()
        writer.close()
        return answer

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(st.just(FILE), _TEXT.map(lambda text: text.replace(" ", "%20"))), _TEXT)
    def attack(path: str, header: str) -> None:
        answer = asyncio.run_coroutine_threadsafe(send(path, header), loop).result(60)
        assert answer.split(b" ")[1] in (str(status).encode(), b"400")

    await asyncio.to_thread(attack)


def test_the_answer_of_a_broken_header_is_none() -> None:
    cases: list[Any] = [
        None,
        "",
        "Digest",
        "Basic !!!!",
        "Basic YWJj",
        'Digest username="a", username="b"',
        'Digest username="a"; nonce="b"',
        "Bearer abc",
        "Digest " + "a" * 5000,
    ]
    assert [parse_authorization(case) for case in cases] == [None] * len(cases)
