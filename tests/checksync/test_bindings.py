"""Which registration is this device's: the difference between one phone reloading and a whole department."""

from datetime import UTC, datetime

import pytest

from provserver.checksync.bindings import Binding, choose, registration_of
from tests.checksync.lines import MAC, OTHER_MAC, line


def bound(agent: str = "", source: str = "192.0.2.1", instance: str = "", received: str | None = None) -> Binding:
    return Binding(f"sip:1001@{source}:5060", agent, instance, received)


@pytest.mark.parametrize(
    ("agent", "instance"),
    [
        ("snomD785/10.1.184.15 00041300AA01", ""),
        ("Yealink SIP-T46S 66.86.0.15 00:04:13:00:aa:01", ""),
        ("Grandstream GXP2170 1.0.11.79 00-04-13-00-AA-01", ""),
        ("Phone/1.0", "<urn:uuid:00000000-0000-1000-8000-00041300AA01>"),
        ("Phone/1.0_00041300aa01", ""),
    ],
)
def test_the_mac_is_found_however_a_vendor_spells_it(agent: str, instance: str) -> None:
    own = bound(agent, instance=instance)
    others = [bound(f"Phone/1.0 {OTHER_MAC.bare}"), bound("Softphone/3")]
    choice = choose([*others, own], line(source_address="192.0.2.1"))
    assert choice.bindings == (own,)
    assert choice.certain


def test_without_a_mac_the_source_address_tells() -> None:
    here, there = bound("Phone/1.0", "192.0.2.7"), bound("Phone/1.0", "192.0.2.8")
    choice = choose([here, there], line(source_address="192.0.2.8"))
    assert (choice.bindings, choice.certain) == ((there,), True)


@pytest.mark.parametrize(
    ("contact", "received", "source"),
    [
        ("sip:1001@10.0.0.9:5060", "sip:192.0.2.8:40000;transport=TCP", "192.0.2.8"),
        ("<sip:1001@[2001:db8::8]:5060>;expires=60", None, "2001:db8::8"),
        ('"Jane" <sip:192.0.2.8;transport=tls>', None, "192.0.2.8"),
        ("tel:+123", None, None),
    ],
)
def test_where_a_registration_came_from(contact: str, received: str | None, source: str | None) -> None:
    assert Binding(contact, received=received).source == source


def test_two_phones_behind_one_address_cannot_be_told_apart() -> None:
    choice = choose([bound("Phone/1.0"), bound("Phone/1.0")], line(source_address="192.0.2.1"))
    assert (len(choice.bindings), choice.certain) == (2, False)


def test_a_phone_with_another_mac_is_never_notified() -> None:
    """Not even from the same address: behind NAT all phones share it."""
    assert choose([bound(f"Phone {OTHER_MAC.bare}")], line(source_address="192.0.2.1")).bindings == ()


def test_a_phone_that_moved_is_still_tried_but_nothing_is_promised() -> None:
    moved = bound("Phone/1.0", "198.51.100.3")
    choice = choose([moved, bound(f"Phone {OTHER_MAC.bare}")], line(source_address="192.0.2.1"))
    assert (choice.bindings, choice.certain) == ((moved,), False)


def test_of_two_registrations_of_one_phone_the_fresher_tells_its_state() -> None:
    """After a reboot the old one lives on until it expires."""
    at = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2)]
    old, new = (Binding(f"sip:{moment.day}", f"Phone {MAC.bare}", expires_at=moment) for moment in at)
    registration = registration_of([new, old], line())
    assert (registration.registered, registration.expires_at, registration.contact) == (True, at[1], "sip:2")


def test_registered_from_elsewhere_only_is_not_registered() -> None:
    assert not registration_of([bound(f"Phone {OTHER_MAC.bare}")], line()).registered
