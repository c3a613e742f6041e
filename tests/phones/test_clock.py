"""The clock of a server jumps: ahead for a while, or back when it is set right. Nobody is locked out or let in."""

from ipaddress import ip_network

from provserver.domain.device import Device
from tests.phones import digest_client
from tests.phones.conftest import SNOM_AGENT, MakeOffice, Office
from tests.store.statements import watched

MAC = "000413aabbcc"
FILE = f"/snomD785-{MAC.upper()}.htm"
DIGEST = f"/d{FILE}"
AGENT = SNOM_AGENT.format(mac=MAC.upper())


async def _answer(office: Office, device: Device) -> str:
    asked = await office.get(DIGEST)
    offered = digest_client.challenges(asked.headers)["SHA-256"]
    return digest_client.answer(offered, MAC, str(device.token), DIGEST)


async def _status(office: Office, said: str) -> int:
    return (await office.get(DIGEST, Authorization=said)).status


async def test_set_back_it_locks_no_phone_out_of_digest(office: Office) -> None:
    """What was used when the clock was ahead says nothing about what is offered now."""
    device, _ = await office.phone(MAC, "snom")
    said = await _answer(office, device)
    assert await _status(office, said) == 200
    office.clock.advance(days=-1)
    assert await _status(office, said) == 401
    await _status(office, await _answer(office, device))  # it may be asked once more
    for _ in range(3):
        assert await _status(office, await _answer(office, device)) == 200


async def test_ahead_for_a_while_it_makes_no_used_answer_good_again(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    said = await _answer(office, device)
    assert await _status(office, said) == 200
    office.clock.advance(days=1)
    assert await _status(office, await _answer(office, device)) == 200
    office.clock.advance(days=-1)
    assert await _status(office, said) == 401
    assert await _status(office, await _answer(office, device)) == 200, "asked once more, it goes on"


async def test_set_back_it_holds_a_guesser_for_no_longer_than_the_window(make_office: MakeOffice) -> None:
    """The guesser may have been an office whose phones nobody has added yet."""
    office: Office = await make_office(guessing={"limit": 3, "window": 3600})
    for number in range(3):
        await office.get(f"/000413{number:06x}.xml")
    office.clock.advance(days=-1)
    with watched(office.database) as sent:
        await office.get("/000413000009.xml")
    assert sent == [], "it is not let in at once either"
    assert [one.source for one in office.shared.guard._guesses.blocked(office.clock().timestamp())] == ["127.0.0.1"]
    office.clock.advance(seconds=3601)
    with watched(office.database) as sent:
        await office.get("/000413000009.xml")
    assert sent


async def test_set_back_it_goes_on_noting_who_was_here(make_office: MakeOffice) -> None:
    """Else a phone would look silent, and its file stale, until the time that was wrong has come."""
    office: Office = await make_office(auth=("network",), networks=(ip_network("127.0.0.0/8"),))
    device, _ = await office.phone(MAC, "snom")
    office.clock.advance(days=300)
    assert (await office.get(FILE, AGENT)).status == 200
    ahead = await office.stored(device)
    office.clock.advance(days=-300)
    await office.set_layer(device.id, {"sip": {"register_expires": 777}})
    assert (await office.get(FILE, AGENT)).status == 200
    changed = await office.stored(device)
    assert (await office.get(FILE, AGENT)).status == 200
    again = await office.stored(device)
    assert ahead.last_seen_at is not None
    assert changed.last_seen_at is not None
    assert again.last_seen_at is not None
    assert changed.last_seen_at < again.last_seen_at < ahead.last_seen_at
    assert changed.fetched_etag != ahead.fetched_etag


async def test_set_back_it_opens_no_window_that_was_closed(office: Office) -> None:
    device, _ = await office.phone(MAC, "snom")
    office.clock.advance(days=2)
    assert (await office.get(FILE, AGENT)).status == 404
    office.clock.advance(days=-2)
    assert (await office.get(FILE, AGENT)).status == 200, "its day is not over"
    assert (await office.get(f"/p/{device.token}{FILE}", AGENT)).status == 200
    await office.contacts.flush()
    office.clock.advance(days=-2)
    assert (await office.get(FILE, AGENT)).status == 404
