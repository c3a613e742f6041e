"""A factory certificate is worth what its subject names, read whole, and only to its own vendor."""

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.certificates import ClientCertificate, fits
from provserver.domain.mac import Mac
from provserver.domain.phone_signs import SubjectRule
from provserver.domain.vendor import Vendor

MAC = Mac("805ec0aabbcc")
TOKEN = SubjectRule(attribute="serialNumber", pattern="(?:.*[ ,])?MAC:<mac>(?:[ ,].*)?")


def certificate(*subject: tuple[str, str], vendors: tuple[str, ...] = ("yealink",)) -> ClientCertificate:
    return ClientCertificate(subject, frozenset(vendors))


@pytest.fixture
def yealink(catalogue: Catalogue) -> Vendor:
    return catalogue.dialects["yealink"]


@pytest.mark.parametrize("spelling", ["805ec0aabbcc", "805EC0AABBCC", "80:5E:C0:AA:BB:CC", "80-5e-c0-aa-bb-cc"])
def test_the_common_name_that_is_the_mac_fits(yealink: Vendor, spelling: str) -> None:
    assert fits(certificate(("CN", spelling)), yealink, MAC) is True


@pytest.mark.parametrize(
    "subject",
    [
        [("CN", "x805ec0aabbcc")],
        [("CN", "805ec0aabbcc0")],
        [("CN", "805ec0aabbcc.phones.example.com")],
        [("CN", "805ec0aabbcc\n")],
        [("CN", "Yealink Equipment")],
        [("OU", "805ec0aabbcc")],
        [("CN", "ffffffffffff")],
        [],
    ],
)
def test_a_mac_inside_another_text_or_none_at_all_proves_nothing(
    yealink: Vendor, subject: list[tuple[str, str]]
) -> None:
    """The shared certificate of a vendor is the key to none of its phones."""
    assert fits(certificate(*subject), yealink, MAC) is None


def test_another_mac_tells_against_the_one_who_shows_it(yealink: Vendor) -> None:
    assert fits(certificate(("CN", "805ec0aabbdd")), yealink, MAC) is False
    assert fits(certificate(("CN", "805ec0aabbdd"), vendors=()), yealink, MAC) is False


def test_two_names_of_which_one_is_anothers_are_refused(yealink: Vendor) -> None:
    assert fits(certificate(("CN", "805ec0aabbcc"), ("CN", "805ec0aabbdd")), yealink, MAC) is False


def test_the_log_shows_it_in_one_line() -> None:
    """An operator must see what a refused phone has shown, and a subject must not write lines of its own."""
    assert str(certificate(("CN", "a\nb"), ("OU", "c"))) == "CN=a?b, OU=c (CA of yealink)"
    assert str(certificate(vendors=())) == "no subject (unknown CA)"


@pytest.mark.parametrize("vendors", [(), ("snom",), ("snom", "gigaset")])
def test_another_vendors_ca_is_worth_nothing(yealink: Vendor, vendors: tuple[str, ...]) -> None:
    assert fits(certificate(("CN", "805ec0aabbcc"), vendors=vendors), yealink, MAC) is None


def test_a_vendor_without_rules_knows_no_certificate(catalogue: Catalogue) -> None:
    gigaset = catalogue.dialects["gigaset"]
    assert fits(certificate(("CN", "805ec0aabbcc"), vendors=("gigaset",)), gigaset, MAC) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("PID:A20 SN:FCH1 MAC:805EC0AABBCC", True),
        ("MAC:805ec0aabbcc", True),
        ("MAC:805ec0aabbcc SN:1", True),
        ("MAC:805ec0aabbdd SN:1", False),
        ("XMAC:805ec0aabbcc", None),
        ("MAC:805ec0aabbcc0", None),
    ],
)
def test_a_token_in_the_serial_number_is_read_whole(yealink: Vendor, value: str, expected: bool | None) -> None:
    vendor = yealink.model_copy(update={"certificate": (TOKEN,)})
    assert fits(certificate(("serialNumber", value)), vendor, MAC) is expected


def test_a_rule_without_a_mac_is_refused() -> None:
    with pytest.raises(ValueError, match="must hold <mac>"):
        SubjectRule(attribute="CN", pattern="Yealink.*")
