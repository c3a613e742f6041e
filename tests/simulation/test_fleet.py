"""Simulated phones are what the catalogue says of real ones; a rehearsal with anything else would prove nothing."""

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.errors import Invalid
from provserver.domain.identify import identify
from provserver.domain.mac import Mac
from provserver.domain.phone_signs import AgentExample
from provserver.simulation.fleet import SimulatedPhone, agent_of, fleet

_ENOUGH = 500


@pytest.fixture(scope="module")
def phones(catalogue: Catalogue) -> list[SimulatedPhone]:
    return fleet(catalogue, _ENOUGH, seed=7)


def test_the_server_recognises_every_simulated_phone(phones: list[SimulatedPhone], catalogue: Catalogue) -> None:
    """Each request must be taken for that phone's, or the simulation would measure refusals."""
    for phone in phones:
        for file in phone.files:
            claim = identify(f"/{file.name}", {}, phone.agent, catalogue)
            assert claim is not None
            assert claim.macs <= {Mac(phone.mac)}, f"{phone.agent} asking for {file.name}"
            assert claim.agent is not None
            assert claim.agent.vendor == phone.vendor
            assert claim.matches, f"{phone.vendor} {phone.model} asks for {file.name}, which is no file of anybody"


def test_every_phone_asks_for_something_that_configures_it(phones: list[SimulatedPhone]) -> None:
    assert all(any(file.configures for file in phone.files) for phone in phones)


def test_a_fleet_is_of_many_vendors_and_of_all_addresses_only_once(phones: list[SimulatedPhone]) -> None:
    assert len({phone.mac for phone in phones}) == _ENOUGH
    assert len({phone.vendor for phone in phones[:20]}) > 10


def test_no_address_can_be_on_a_phone_that_somebody_owns(phones: list[SimulatedPhone]) -> None:
    assert all(int(phone.mac[:2], 16) & 0b11 == 0b10 for phone in phones)


def test_the_same_seed_gives_the_same_fleet(catalogue: Catalogue) -> None:
    assert fleet(catalogue, 9, seed=1) == fleet(catalogue, 9, seed=1)
    assert fleet(catalogue, 9, seed=1) != fleet(catalogue, 9, seed=2)


def test_a_fleet_can_be_of_one_vendor(catalogue: Catalogue) -> None:
    assert {phone.vendor for phone in fleet(catalogue, 20, 1, ["Snom"])} == {"snom"}


def test_a_vendor_that_nobody_knows_is_refused_by_name(catalogue: Catalogue) -> None:
    with pytest.raises(Invalid, match="acme is not a vendor"):
        fleet(catalogue, 1, 1, ["acme"])


@pytest.mark.parametrize(
    ("agent", "mac", "told"),
    [
        ("Phone 1.0 00:15:65:aa:bb:cc", "00:15:65:aa:bb:cc", "Phone 1.0 02:00:00:00:0a:bc"),
        ("Phone 1.0 (001565AABBCC)", "001565AABBCC", "Phone 1.0 (020000000ABC)"),
        ("Phone 00-15-65-AA-BB-CC", "001565aabbcc", "Phone 02-00-00-00-0A-BC"),
        ("Phone 1.0", None, "Phone 1.0"),
    ],
)
def test_an_agent_tells_the_address_in_the_spelling_of_its_example(agent: str, mac: str | None, told: str) -> None:
    assert agent_of(AgentExample(agent=agent, mac=mac), Mac("020000000abc")) == told
