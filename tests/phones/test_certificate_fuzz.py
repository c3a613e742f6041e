"""Whatever stands where a certificate should be is read or is none; no request fails that another proof holds for."""

import base64
from functools import lru_cache, partial

import pytest
from cryptography import x509
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provserver.domain.catalogue import Catalogue
from provserver.domain.certificates import ClientCertificate, fits, named_macs
from provserver.domain.mac import Mac
from provserver.listening.trust import VendorTrust
from provserver.phones.client_certificate import decoded, read_certificates
from tests.pki import Authority, Issued

MAC = Mac("805ec0aabbcc")


@lru_cache
def own() -> tuple[Issued, VendorTrust]:
    root = Authority("Yealink root")
    return root.issue(CN=MAC.bare), VendorTrust({"yealink": [root.certificate]})


@given(st.text(max_size=400))
@example('Cert="-----BEGIN CERTIFICATE-----%0A====%0A-----END CERTIFICATE-----"')
@example("-----BEGIN CERTIFICATE----- = -----END CERTIFICATE-----")
@example('Cert="%22')
@example("\x00,;=")
def test_any_header_is_certificates_or_none(value: str) -> None:
    for spelling in (value, f'Hash=1;Cert="{value}"', f":{value}:", f"-----BEGIN CERTIFICATE-----{value}"):
        assert isinstance(decoded(partial(read_certificates, spelling)), list)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # of a changed byte: read all the same
@settings(max_examples=150)
@given(st.data())
def test_no_byte_of_a_certificate_can_be_changed(data: st.DataObject) -> None:
    """Each is under the signature, or of the signature, or the reading fails: never another phone, never a crash."""
    issued, trust = own()
    place = data.draw(st.integers(0, len(issued.der) - 1))
    byte = data.draw(st.integers(0, 255))
    changed = issued.der[:place] + bytes([byte]) + issued.der[place + 1 :]
    chain = decoded(lambda: [changed])
    certificate = trust.judge(chain)
    if changed == issued.der:
        assert certificate is not None
        assert certificate.vendors == {"yealink"}
    else:
        assert certificate is None or not certificate.vendors


def test_a_subject_that_its_reader_stumbles_over_says_nothing() -> None:
    """Found by changing bytes at random: a bit string where text belongs."""
    issued, trust = own()
    name = issued.der.rindex(MAC.bare.encode()) - 2
    changed = issued.der[:name] + b"\x03" + issued.der[name + 1 :]
    assert trust.judge(decoded(lambda: [changed])) is None


@given(st.lists(st.tuples(st.sampled_from(["CN", "serialNumber", "OU"]), st.text(max_size=60)), max_size=5))
def test_a_subject_fits_only_by_a_value_that_is_the_mac(catalogue: Catalogue, subject: list[tuple[str, str]]) -> None:
    certificate = ClientCertificate(tuple(subject), frozenset({"yealink"}))
    named_macs(certificate, catalogue.subject_rules)
    holds = fits(certificate, catalogue.dialects["yealink"], MAC)
    exact = any(name == "CN" and value.lower().replace(":", "").replace("-", "") == MAC.bare for name, value in subject)
    assert holds is not True or exact


@pytest.mark.parametrize("value", ["805ec0aabbcc", "８05ec0aabbcc", "805ec0aabbcc\u200b", "805ec0aabbcc "])
def test_look_alikes_of_a_mac_are_none(catalogue: Catalogue, value: str) -> None:
    certificate = ClientCertificate((("CN", value),), frozenset({"yealink"}))
    assert fits(certificate, catalogue.dialects["yealink"], MAC) is (True if value == MAC.bare else None)


def test_the_reading_is_the_same_by_every_spelling() -> None:
    issued, _ = own()
    text = base64.b64encode(issued.der).decode()
    assert [x509.load_der_x509_certificate(one) for one in read_certificates(f":{text}:")] == [issued.certificate]
