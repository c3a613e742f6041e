"""What a new device is."""

from dataclasses import replace

import pytest

from provserver.domain.catalogue import Catalogue
from provserver.domain.device import DeviceType
from provserver.domain.errors import Invalid
from provserver.domain.mac import parse_mac
from provserver.domain.models import Model
from provserver.domain.vendor import Vendor
from provserver.services.devices.classification import Wish, classify, known_model

YEALINK = Wish(mac=parse_mac("001565000001"))


def with_models(vendor: Vendor, **models: Model) -> Vendor:
    """The vendor with other models; not copied, since a copy would remember the spellings of the old ones."""
    return Vendor.model_construct(**{**{name: getattr(vendor, name) for name in Vendor.model_fields}, "models": models})


def test_every_shipped_model_is_accepted_under_every_spelling(catalogue: Catalogue) -> None:
    """A spelling that two dialects of a vendor share is a model of one of them; the name tells them apart."""
    for dialect in catalogue.dialects.values():
        for name, model in dialect.models.items():
            for spelling in (name, name.lower()):
                assert known_model(catalogue, dialect.vendor, model.type, spelling) == name
            sharing = {
                other.model_named(spelling)
                for other in catalogue.dialects_of(dialect.vendor)
                for spelling in model.also
            }
            for spelling in model.also:
                assert known_model(catalogue, dialect.vendor, model.type, spelling) in sharing - {None}


def test_model_far_from_all_known_still_gets_examples(catalogue: Catalogue) -> None:
    """A hint is worth more than a bare refusal, even where nothing is close."""
    with pytest.raises(Invalid, match="did you mean"):
        classify(catalogue, replace(YEALINK, model="zzzzzz"))


def test_model_decides_the_type(catalogue: Catalogue) -> None:
    assert classify(catalogue, replace(YEALINK, model="w70b")).type is DeviceType.DECT_BASE
    assert classify(catalogue, YEALINK).type is DeviceType.DESKPHONE
    bases = Catalogue({"yealink_w": catalogue.dialects["yealink_w"]}, "test")
    assert classify(bases, replace(YEALINK, vendor="yealink")).type is DeviceType.DECT_BASE


def test_model_that_is_only_recognised_is_refused_with_the_reason(catalogue: Catalogue) -> None:
    """An invented file is worse than none; whoever creates the device learns it before the phone is hung up."""
    known = catalogue.dialects["yealink"]
    only = Catalogue({"yealink": with_models(known, T1=Model(not_rendered="nobody knows its files"))}, "test")
    for wish in (replace(YEALINK, vendor="yealink", model="T1"), replace(YEALINK, vendor="yealink")):
        with pytest.raises(Invalid) as refusal:
            classify(only, wish)
        assert refusal.value.code == "unsupported_model"
        assert "nobody knows its files" in refusal.value.details["model"]


def test_handset_of_no_known_vendor(catalogue: Catalogue) -> None:
    kind = classify(catalogue, Wish(ipei="0328A0000F", model="Whatever"))
    assert (kind.type, kind.vendor, kind.model) == (DeviceType.DECT_HANDSET, None, "Whatever")
