"""What a new device is."""

from dataclasses import replace

import pytest

from provserver.domain.device import DeviceType
from provserver.domain.errors import Invalid
from provserver.domain.mac import parse_mac
from provserver.domain.vendor import Catalogue, Model, Vendor
from provserver.services.classification import Wish, classify, known_model

YEALINK = Wish(mac=parse_mac("001565000001"))


def with_models(vendor: Vendor, **models: Model) -> Vendor:
    """The vendor with other models; not copied, since a copy would remember the spellings of the old ones."""
    return Vendor.model_construct(**{**{name: getattr(vendor, name) for name in Vendor.model_fields}, "models": models})


def test_every_shipped_model_is_accepted_under_every_spelling(catalogue: Catalogue) -> None:
    for vendor in catalogue.vendors.values():
        for name, model in vendor.models.items():
            for spelling in (name, name.lower(), *model.also):
                assert known_model(vendor, spelling, model.type) == name


def test_model_far_from_all_known_still_gets_examples(catalogue: Catalogue) -> None:
    """A hint is worth more than a bare refusal, even where nothing is close."""
    with pytest.raises(Invalid, match="did you mean"):
        classify(catalogue, replace(YEALINK, model="zzzzzz"))


def test_model_decides_the_type(catalogue: Catalogue) -> None:
    yealink = catalogue.vendors["yealink"]
    base = Model(type=DeviceType.DECT_BASE)
    mixed = Catalogue({"yealink": with_models(yealink, T1=Model(), W9=base)}, "test")
    assert classify(mixed, replace(YEALINK, model="w9")).type is DeviceType.DECT_BASE
    with pytest.raises(Invalid) as refusal:
        classify(mixed, YEALINK)
    assert list(refusal.value.details) == ["type"]
    only = Catalogue({"yealink": with_models(yealink, W9=base)}, "test")
    assert classify(only, YEALINK).type is DeviceType.DECT_BASE


def test_handset_of_no_known_vendor(catalogue: Catalogue) -> None:
    kind = classify(catalogue, Wish(ipei="0328A0000F", model="Whatever"))
    assert (kind.type, kind.vendor, kind.model) == (DeviceType.DECT_HANDSET, None, "Whatever")
